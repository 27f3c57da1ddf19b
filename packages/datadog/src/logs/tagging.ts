import { TYPE } from '@tailrace/kernel';
import { deploymentOf, printTags } from '../tags.ts';
import type { OwnEdit } from './attributes.ts';
import type { Column, ColumnSet, Located } from './columns.ts';
import type { DatadogLogsConfig } from './options.ts';

/** Bytes of the longest text, as it stands in the event, that is read as tags. */
export const MAX_TAGS_TEXT = 10_000;

/** The tags of an event, as the value of `ddtags`. */
interface Tags {
  /** JSON text to write; empty when there are none, or the event's own member holds them. */
  readonly member: string;
  readonly edit: OwnEdit | null;
}

interface Tagging {
  /** What is read of the event. */
  readonly columns: readonly Column[];
  of(located: Located, i: number): Tags;
}

type Value = (located: Located, i: number) => string | undefined;

/** Compiles the options about tags. */
export function createTagging(set: ColumnSet, config: DatadogLogsConfig): Tagging {
  const columns: Column[] = [];
  const own = set.column('ddtags', ['tags']);
  const values = new Map<string, Value>();
  if (config.kubernetes.tags) {
    for (const [key, value] of kubernetesValues(set, config.kubernetes, columns)) values.set(key, value);
  }
  for (const [key, tag] of Object.entries(config.tags)) {
    if (typeof tag === 'string') {
      values.set(key, () => tag);
      continue;
    }
    const column = set.column(tag.field, ['tags', key, 'field']);
    columns.push(column);
    values.set(key, (located, i) => plainText(located, i, column) ?? tag.otherwise);
  }
  const of = (located: Located, i: number): Tags => {
    const tags: string[] = [];
    for (const [key, value] of values) {
      const text = value(located, i);
      if (text !== undefined && text !== '') tags.push(`${key}:${text}`);
    }
    return joined(tags, located, i, own);
  };
  return { columns: [own, ...columns], of };
}

/** What the event brings as `ddtags` is appended; another thing of that name is renamed. */
function joined(tags: readonly string[], located: Located, i: number, own: Column): Tags {
  if (located.isText(i, own, MAX_TAGS_TEXT)) {
    const more = (plainText(located, i, own) ?? '').split(',');
    const value = Buffer.from(JSON.stringify(printTags([...tags, ...more])));
    return { member: '', edit: { kind: 'replace', column: own, value } };
  }
  const text = printTags(tags);
  const type = located.type(i, own);
  const isInTheWay = type !== TYPE.missing && (type !== TYPE.string || text !== '');
  return {
    member: text === '' ? '' : JSON.stringify(text),
    edit: isInTheWay ? { kind: 'rename', column: own, key: 'event_ddtags' } : null,
  };
}

/** Datadog's names (https://docs.datadoghq.com/containers/kubernetes/tag/). */
function kubernetesValues(
  set: ColumnSet,
  { namespace, container, pod, deployment }: DatadogLogsConfig['kubernetes'],
  columns: Column[],
): [string, Value][] {
  const first = (option: string, texts: readonly string[]): Value => {
    const fields = set.columns(texts, ['kubernetes', option]);
    columns.push(...fields);
    return (located, i) => {
      for (const field of fields) {
        const text = plainText(located, i, field);
        if (text) return text;
      }
      return undefined;
    };
  };
  const podName = first('pod', pod);
  const named = first('deployment', deployment);
  return [
    ['kube_namespace', first('namespace', namespace)],
    ['kube_container_name', first('container', container)],
    ['pod_name', podName],
    ['kube_deployment', (located, i) => named(located, i) ?? deploymentOf(podName(located, i) ?? '')],
  ];
}

/** The text of a member that holds a text, number or boolean. */
function plainText(located: Located, i: number, column: Column): string | undefined {
  switch (located.type(i, column)) {
    case TYPE.string:
      if (!located.isText(i, column, MAX_TAGS_TEXT)) return undefined;
      return JSON.parse(Buffer.from(located.raw(i, column), 'latin1').toString()) as string;
    case TYPE.integer:
    case TYPE.number:
    case TYPE.true:
    case TYPE.false:
      return located.end(i, column) - located.start(i, column) <= MAX_TAGS_TEXT ? located.raw(i, column) : undefined;
    default:
      return undefined;
  }
}
