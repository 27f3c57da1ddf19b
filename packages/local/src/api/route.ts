import type { Infer, Schema } from '@tailrace/core';
import type { Dashboard } from '@tailrace/dashboards';
import type { Parameters } from './declare.ts';
import type { Revisions } from './revisions.ts';
import type { SCHEMAS } from './schemas.ts';
import type { StoreReader } from './store-reader.ts';

/** What the routes answer from. */
export interface ApiContext {
  readonly store: StoreReader;
  readonly revisions: Revisions;
  readonly dashboards: readonly Dashboard[];
  /** The component that writes to the store. */
  readonly component: string;
  /** Of tailrace. */
  readonly version: string;
}

/** A request whose parts have passed their schemas. */
export interface Asked<P, Q, B> {
  readonly params: P;
  readonly query: Q;
  /** Of routes with `variables`: values by the name of a variable. */
  readonly chosen: Readonly<Record<string, readonly string[]>>;
  readonly body: B;
  /** Aborts when nobody waits for the answer any more. */
  readonly signal: AbortSignal;
}

type Members = Readonly<Record<string, Schema<unknown>>>;
type AnswerName = keyof typeof SCHEMAS;

interface Declared {
  readonly method: 'GET' | 'POST';
  /** `/api/v1/dashboards/{id}`; each name in braces is a parameter. */
  readonly path: string;
  /** One sentence. */
  readonly summary: string;
  /** Takes `var.NAME=value` for the variables of a dashboard, any number of times. */
  readonly variables?: boolean;
  /** Equal questions within one revision of the store have one answer. */
  readonly shared?: boolean;
  /** How long an answer may take where that is longer than connections may be silent. */
  readonly mostMilliseconds?: number;
}

/** A way to ask: its declaration is what requests are checked by, and what the description is made of. */
export interface Route extends Declared {
  readonly params: Members;
  readonly query: Members;
  readonly body?: Schema<unknown>;
  /** Server-sent events of this form instead of one answer. */
  readonly streams?: boolean;
  readonly answer: AnswerName;
  answerOf(context: ApiContext, asked: Asked<unknown, unknown, unknown>): Promise<unknown>;
}

/** Declares a route; the types of what it is asked and what it answers come from the schemas. */
export function defineRoute<
  A extends AnswerName,
  P extends Members = Record<never, never>,
  Q extends Members = Record<never, never>,
  B = undefined,
>(
  route: Declared & {
    readonly params?: P;
    readonly query?: Q;
    readonly body?: Schema<B>;
    readonly answer: A;
    answerOf(
      context: ApiContext,
      asked: Asked<Parameters<P>, Parameters<Q>, B>,
    ): Infer<(typeof SCHEMAS)[A]> | Promise<Infer<(typeof SCHEMAS)[A]>>;
  },
): Route {
  const { params = {}, query = {}, answerOf, ...rest } = route;
  return {
    ...rest,
    params,
    query,
    // What it is called with has passed the schemas that its types come from.
    answerOf: async (context, asked) => await answerOf(context, asked as Asked<Parameters<P>, Parameters<Q>, B>),
  };
}
