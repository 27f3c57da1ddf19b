import { type Json, type JsonObject, objectOf, objectsOf, textOf } from './otlp-records.ts';

/** The value of each key; of equal keys the last one stands. */
export function attributesOf(keyValues: Json | undefined): ReadonlyMap<string, JsonObject> {
  const attributes = new Map<string, JsonObject>();
  for (const { key, value } of objectsOf(keyValues)) attributes.set(textOf(key), objectOf(value));
  return attributes;
}

/** Whether the values are texts with a key of their own each, so that labels hold all of them. */
export function areTexts(keyValues: Json | undefined): boolean {
  const list = objectsOf(keyValues);
  const isText = ({ value }: JsonObject) => typeof objectOf(value)['stringValue'] === 'string';
  return list.every(isText) && new Set(list.map(({ key }) => textOf(key))).size === list.length;
}

/** A value as a label: texts as they are, numbers in decimal, all else as its plain JSON; no value is the empty text. */
export function labelOf(value: JsonObject): string {
  const { stringValue, doubleValue } = value;
  if (typeof stringValue === 'string') return stringValue;
  if (doubleValue !== undefined) return String(doubleValue);
  const plain = plainJson(value);
  return plain === 'null' ? '' : plain.replace(/^"(.*)"$/s, '$1');
}

/** Attributes as one plain JSON object: integers keep their digits, doubles have a point or an exponent, bytes are base64. */
export function plainObject(attributes: ReadonlyMap<string, JsonObject>): string {
  return `{${Array.from(attributes, ([key, value]) => `${JSON.stringify(key)}:${plainJson(value)}`).join(',')}}`;
}

/** Whether plain JSON says all of these: no bytes, no NaN and infinities, no key twice. */
export function areTold(keyValues: Json | undefined): boolean {
  const list = objectsOf(keyValues);
  const keys = new Set(list.map(({ key }) => textOf(key)));
  return keys.size === list.length && list.every(({ value }) => isTold(objectOf(value)));
}

function isTold({ bytesValue, doubleValue, arrayValue, kvlistValue }: JsonObject): boolean {
  if (bytesValue !== undefined || typeof doubleValue === 'string') return false;
  if (arrayValue !== undefined) return objectsOf(objectOf(arrayValue)['values']).every(isTold);
  return kvlistValue === undefined || areTold(objectOf(kvlistValue)['values']);
}

/** An AnyValue as plain JSON text. */
function plainJson(value: JsonObject): string {
  const { stringValue, boolValue, intValue, doubleValue, bytesValue, arrayValue, kvlistValue } = value;
  if (intValue !== undefined) return String(intValue);
  if (doubleValue !== undefined) return doubleText(doubleValue);
  if (arrayValue !== undefined) return `[${objectsOf(objectOf(arrayValue)['values']).map(plainJson).join(',')}]`;
  if (kvlistValue !== undefined) return plainObject(attributesOf(objectOf(kvlistValue)['values']));
  return JSON.stringify(stringValue ?? boolValue ?? bytesValue ?? null);
}

/** A point or an exponent tells a double from an integer; NaN and the infinities are texts. */
function doubleText(value: Json): string {
  if (typeof value !== 'number') return JSON.stringify(value);
  if (Object.is(value, -0)) return '-0.0';
  const text = String(value);
  return /^-?\d+$/.test(text) ? `${text}.0` : text;
}
