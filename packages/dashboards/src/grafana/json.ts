/** Plain JSON, which Grafana's files are made of. */
export type Json = string | number | boolean | null | readonly Json[] | JsonObject;

/** An object of it. */
export interface JsonObject {
  readonly [key: string]: Json;
}
