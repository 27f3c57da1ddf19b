import type { Family, FamilyType } from './exposition.ts';

/** What a sample's name may have behind its family's name. `_created` is only OpenMetrics'; elsewhere it is a metric like any other. */
const SUFFIXES: Readonly<Record<FamilyType, readonly string[]>> = {
  counter: ['', '_total', '_created'],
  gauge: [''],
  histogram: ['_bucket', '_sum', '_count', '_created'],
  gaugehistogram: ['_bucket', '_gsum', '_gcount'],
  summary: ['', '_sum', '_count', '_created'],
  info: ['_info', ''],
  stateset: [''],
  unknown: [''],
};
const ALL_SUFFIXES = [...new Set(Object.values(SUFFIXES).flat())].filter((suffix) => suffix !== '');

/** The families of one exposition, and which of them a sample belongs to. */
export class Families {
  readonly list: Family[] = [];
  readonly #declared = new Map<string, Family>();
  /** Of samples whose name is taken by a family that cannot have them. */
  readonly #strays = new Map<string, Family>();
  readonly #hasCreated: boolean;
  #current: Family | undefined;

  constructor(isOpenMetrics: boolean) {
    this.#hasCreated = isOpenMetrics;
  }

  /** The family that a HELP, TYPE or UNIT line speaks of; what follows belongs to it if it can. */
  declare(name: string): Family {
    const family = this.#declared.get(name) ?? this.#add(name, this.#declared);
    this.#current = family;
    return family;
  }

  /**
   * The family of a sample: the one it stands under, else the one of its very name, else one that such a suffix belongs to. So a
   * counter `x_count` stays what it is unless a histogram or summary `x` is there.
   */
  of(name: string): Family {
    if (this.#current && this.#fits(this.#current, name)) return this.#current;
    const family = this.#declaredFor(name) ?? this.#strays.get(name);
    if (family) {
      this.#current = family;
      return family;
    }
    const isTaken = this.#declared.has(name);
    return this.#add(name, isTaken ? this.#strays : this.#declared);
  }

  #declaredFor(name: string): Family | undefined {
    const named = this.#declared.get(name);
    if (named && this.#fits(named, name)) return named;
    for (const suffix of ALL_SUFFIXES) {
      if (!name.endsWith(suffix)) continue;
      const family = this.#declared.get(name.slice(0, -suffix.length));
      if (family && this.#fits(family, name)) return family;
    }
    return undefined;
  }

  #fits(family: Family, name: string): boolean {
    if (!name.startsWith(family.name)) return false;
    const suffix = name.length === family.name.length ? '' : name.slice(family.name.length);
    return SUFFIXES[family.type].includes(suffix) && (this.#hasCreated || suffix !== '_created');
  }

  #add(name: string, to: Map<string, Family>): Family {
    const family: Family = { name, type: 'unknown', help: '', unit: '', samples: [] };
    to.set(name, family);
    this.list.push(family);
    return family;
  }
}
