import type { Decoded, Message } from './decode.ts';
import type { AnyValue, Attributes } from './types.ts';

/** KeyValues as attributes. */
export function attributesOf(list: Decoded | undefined): Attributes {
  const attributes = new Map<string, AnyValue>();
  for (const { key = '', value } of (list ?? []) as readonly Message[]) {
    // Of equal keys the last one stands, also in its place.
    attributes.delete(key as string);
    attributes.set(key as string, anyValueOf(value as Message | undefined));
  }
  return attributes;
}

function anyValueOf(message: Message | undefined): AnyValue {
  if (message === undefined) return null;
  const { stringValue, boolValue, intValue, doubleValue, bytesValue, arrayValue, kvlistValue } = message;
  if (arrayValue !== undefined) {
    const { values = [] } = arrayValue as Message;
    return (values as Message[]).map(anyValueOf);
  }
  if (kvlistValue !== undefined) return attributesOf((kvlistValue as Message)['values']);
  return (stringValue ?? boolValue ?? intValue ?? doubleValue ?? bytesValue ?? null) as AnyValue;
}

/** Attributes as KeyValues. */
export function keyValuesOf(attributes: Attributes): Message[] {
  return Array.from(attributes, ([key, value]) => ({ key, value: messageOf(value) }));
}

function messageOf(value: AnyValue): Message {
  switch (typeof value) {
    case 'string':
      return { stringValue: value };
    case 'boolean':
      return { boolValue: value };
    case 'bigint':
      return { intValue: value };
    case 'number':
      return { doubleValue: value };
  }
  if (value === null) return {};
  if (value instanceof Uint8Array) return { bytesValue: value };
  if (Array.isArray(value)) return { arrayValue: { values: (value as readonly AnyValue[]).map(messageOf) } };
  return { kvlistValue: { values: keyValuesOf(value as Attributes) } };
}
