import { type Infer, type JsonSchema, object, type Schema } from '@tailrace/core';

type Members = Readonly<Record<string, Schema<unknown>>>;
type Flat<T> = { readonly [K in keyof T]: T[K] };
type Of<M extends Members> = { readonly [K in keyof M]: Exclude<Infer<M[K]>, undefined> };

/** Parameters of a request by their names; those that are not `required` may be missing. */
export type Parameters<M extends Members> = { readonly [K in keyof M]: Infer<M[K]> };

/** An object of the API: its members are always there, the `optional` ones not always. */
export function record<M extends Members, const O extends Members = Record<never, never>>(
  description: string,
  members: M,
  optional?: O,
): Schema<Flat<Of<M> & Partial<Of<O>>>> {
  const { json } = object({ ...members, ...optional }, { description });
  const required = Object.keys(members);
  return { json: required.length === 0 ? json : { ...json, required }, required: true };
}

/** What it says, or null. */
export function nullable<T>({ json }: Schema<T>): Schema<T | null> {
  const { description, ...form } = json;
  const shapes = { anyOf: [form, { type: 'null' }] };
  return { json: description === undefined ? shapes : { ...shapes, description }, required: true };
}

/** A schema by hand, where the builder has no word for the form. */
export function described<T>(json: JsonSchema): Schema<T> {
  return { json, required: true };
}

type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? SameKeys<A, B> : false) : false;
type SameKeys<A, B> = [keyof A] extends [keyof B] ? ([keyof B] extends [keyof A] ? true : false) : false;

/** Holds, when it is compiled, that a schema describes the type `T`: no more and no less. */
export function exactly<T>(): <S>(schema: Schema<S> & (Same<S, T> extends true ? unknown : never)) => Schema<T> {
  return (schema) => schema as unknown as Schema<T>;
}
