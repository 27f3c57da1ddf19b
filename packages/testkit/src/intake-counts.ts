/** Where other intakes than `_bulk` take requests, how many items one has, and what it is answered with. */
export interface CountedIntake {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
  count(body: Buffer): number;
}

/** The intakes that the counting server knows by the end of their paths: OTLP over HTTP with protobuf, and Datadog's logs. */
export function countedIntake(path: string): CountedIntake | undefined {
  if (path.endsWith('/v1/logs')) {
    return {
      status: 200,
      contentType: 'application/x-protobuf',
      body: '',
      count: (body) => countFields(body, [1, 2, 2]),
    };
  }
  if (path.endsWith('/api/v2/logs')) {
    return { status: 202, contentType: 'application/json', body: '{}', count: countItems };
  }
  return undefined;
}

const countItems = (body: Buffer): number => (JSON.parse(body.toString()) as unknown[]).length;

const LENGTH_DELIMITED = 2;

/** How many fields stand at the end of the way of field numbers, all of them length-delimited (protobuf's encoding). */
function countFields(bytes: Buffer, [number, ...further]: readonly number[]): number {
  let count = 0;
  for (let at = 0; at < bytes.length; ) {
    const tag = bytes[at]!;
    const length = varintAt(bytes, at + 1);
    if ((tag & 7) !== LENGTH_DELIMITED) throw new RangeError(`byte ${at} is no field with a length`);
    at = length.end + length.value;
    if (tag >> 3 !== number) continue;
    count += further.length === 0 ? 1 : countFields(bytes.subarray(length.end, at), further);
  }
  return count;
}

function varintAt(bytes: Buffer, from: number): { value: number; end: number } {
  let value = 0;
  let at = from;
  for (let shift = 1; ; shift *= 128) {
    const byte = bytes[at++] ?? 0;
    value += (byte & 127) * shift;
    if (byte < 128) return { value, end: at };
  }
}
