/** A body, envelope or record that is not what OTLP says it is; the message names the byte where reading stopped. */
export class OtlpError extends Error {
  override readonly name = 'OtlpError';
  /** Bytes from the beginning of what was read. */
  readonly offset: number;
  constructor(message: string, offset: number) {
    super(`${message} (at byte ${offset})`);
    this.offset = offset;
  }
}
