import { recordFromText, type Signal } from '@tailrace/core';

/**
 * Makes the function that prints an event for people: a log as it is, a data point or span, which is kept as bytes, as OTLP's JSON of a
 * request that holds it alone. What prints those is loaded only for them.
 */
export async function eventPrinter(signal: Signal): Promise<(text: string) => string> {
  if (signal === 'logs') return (text) => text;
  const { recordToJson } = await import('@tailrace/telemetry');
  return (text) => {
    const record = recordFromText(text);
    return record ? recordToJson(signal, record.envelope, record.record) : text;
  };
}
