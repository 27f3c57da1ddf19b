/** Writes to standard output; resolves false when its reader has gone, which is no error: `tailrace generate … | head`. */
export function write(stdout: NodeJS.WritableStream, chunk: string | Uint8Array): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const onError = (): void => undefined;
    stdout.on('error', onError);
    stdout.write(chunk, (error) => {
      // The event comes after the callback.
      setImmediate(() => stdout.off('error', onError));
      if (!error) resolve(true);
      else if ((error as NodeJS.ErrnoException).code === 'EPIPE') resolve(false);
      else reject(error);
    });
  });
}
