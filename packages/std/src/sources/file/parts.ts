import type { Handles } from './handles.ts';
import type { Incidents } from './incidents.ts';
import type { Run } from './options.ts';
import type { Reader } from './read.ts';
import type { Registry } from './registry.ts';
import type { Succession } from './succession.ts';
import type { Tail } from './tail.ts';
import type { Troubles } from './troubles.ts';

/** What a running source is made of. */
export interface Parts {
  readonly run: Run;
  /** By the keys of their files. */
  readonly tails: Map<string, Tail>;
  readonly registry: Registry;
  readonly handles: Handles;
  readonly reader: Reader;
  readonly succession: Succession;
  readonly troubles: Troubles;
  readonly incidents: Incidents;
}
