/** A place where what is there and what we would write are not the same; `undefined`: nothing stands there. */
export interface Difference {
  /** `panels[Sessions].gridPos.w` */
  readonly path: string;
  readonly there: unknown;
  readonly ours: unknown;
}

type Members = Readonly<Record<string, unknown>>;

/**
 * What would change if `ours` took the place of `there`. Members that a server adds to what it was given are no difference; members of
 * ours that are empty and not there are none either. Elements of lists belong together by their name or title.
 */
export function differences(there: unknown, ours: unknown, path = ''): Difference[] {
  if (isObject(ours) && isObject(there)) return memberDifferences(there, ours, path);
  if (Array.isArray(ours) && Array.isArray(there)) return elementDifferences(there, ours, path);
  if (there === ours || (isEmpty(ours) && isEmpty(there))) return [];
  return [{ path, there, ours }];
}

function memberDifferences(there: Members, ours: Members, path: string): Difference[] {
  return Object.entries(ours).flatMap(([key, value]) => {
    const at = path === '' ? key : `${path}.${key}`;
    // Kibana keeps parts of its objects as JSON in strings.
    if (!key.endsWith('JSON')) return differences(there[key], value, at);
    return differences(parsed(there[key]), parsed(value), at);
  });
}

function elementDifferences(there: readonly unknown[], ours: readonly unknown[], path: string): Difference[] {
  const key = KEYS.find((each) => isKeyOf(each, there) && isKeyOf(each, ours));
  if (!key) {
    const longest = there.length > ours.length ? there : ours;
    return longest.flatMap((_, index) => differences(there[index], ours[index], `${path}[${index}]`));
  }
  const theirs = new Map(there.map((element) => [key(element), element]));
  const own = new Map(ours.map((element) => [key(element), element]));
  const names = [...new Set([...theirs.keys(), ...own.keys()])];
  const found = names.flatMap((name) => {
    const [one, other] = [theirs.get(name), own.get(name)];
    return differences(one, other, `${path}[${member('title')(other ?? one) || name}]`);
  });
  const order = (one: Map<unknown, unknown>, other: Map<unknown, unknown>) =>
    [...one.keys()].filter((name) => other.has(name));
  return [...found, ...differences(order(theirs, own).join(', '), order(own, theirs).join(', '), `${path} (order)`)];
}

type Key = (element: unknown) => unknown;

const member =
  (name: string): Key =>
  (element) =>
    isObject(element) ? element[name] : undefined;

/** What elements can be told apart by, the best first. */
const KEYS: readonly Key[] = [
  ...['panelIndex', 'name', 'refId', 'title'].map(member),
  (element) => member('title')(member('definition')(element)),
  ...['uid', 'id'].map(member),
];

function isKeyOf(key: Key, elements: readonly unknown[]): boolean {
  const names = elements.map(key);
  const areNames = names.every((name) => (typeof name === 'string' && name !== '') || typeof name === 'number');
  return areNames && new Set(names).size === names.length;
}

function isObject(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isEmpty(value: unknown): boolean {
  if (Array.isArray(value)) return value.length === 0;
  return value === undefined || value === null || (isObject(value) && Object.keys(value).length === 0);
}

function parsed(value: unknown): unknown {
  if (typeof value !== 'string') return value;
  try {
    return JSON.parse(value) as unknown;
  } catch {
    return value;
  }
}

/** A difference as a line: `~` changed, `+` new, `-` gone. */
export function differenceLine({ path, there, ours }: Difference): string {
  if (there === undefined) return `+ ${path}: ${short(textOf(ours))}`;
  if (ours === undefined) return `- ${path}: ${short(textOf(there))}`;
  const [before, after] = [textOf(there), textOf(ours)];
  if (before.length <= MAX_VALUE && after.length <= MAX_VALUE) return `~ ${path}: ${before} → ${after}`;
  const from = Math.max(0, commonStart(before, after) - CONTEXT);
  const cut = (text: string) => short(from === 0 ? text : `…${text.slice(from)}`);
  return `~ ${path}: ${cut(before)} → ${cut(after)}`;
}

const MAX_VALUE = 100;
/** Of what is the same in two long values, what is shown before the first difference. */
const CONTEXT = 20;

function commonStart(one: string, other: string): number {
  let length = 0;
  while (length < one.length && one[length] === other[length]) length++;
  return length;
}

function textOf(value: unknown): string {
  return JSON.stringify(value) ?? 'nothing';
}

function short(text: string): string {
  return text.length > MAX_VALUE ? `${text.slice(0, MAX_VALUE)}…` : text;
}
