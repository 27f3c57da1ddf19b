const MAX_TAG = 200;

/**
 * A tag as Datadog keeps it, so that what is sent is what is found: lower case, beginning with a letter, made of letters, digits and
 * `_-:./`, other characters turned into one `_`, no `_` or `:` at its end, at most 200 characters
 * (https://docs.datadoghq.com/getting_started/tagging/#define-tags). Empty when nothing is left.
 */
export function legalTag(tag: string): string {
  const legal = tag
    .slice(0, 4 * MAX_TAG)
    .toLowerCase()
    .replace(/[^\p{L}\p{N}_\-:./]+/gu, '_')
    .replace(/_+/g, '_')
    .replace(/^[^\p{L}]+/u, '');
  return [...legal]
    .slice(0, MAX_TAG)
    .join('')
    .replace(/[_:]+$/, '');
}

/** Tags in the form of `ddtags`: `env:prod,version:2.1`, each one once. */
export function printTags(tags: Iterable<string>): string {
  const kept = new Set<string>();
  for (const tag of tags) {
    const legal = legalTag(tag);
    if (legal !== '') kept.add(legal);
  }
  return [...kept].join(',');
}

/** A pod’s name is `<deployment>-<hash of the replica set>-<5 characters>`; both endings are made of these characters only. */
const SUFFIX = '[bcdfghjklmnpqrstvwxz2456789]';
const OF_DEPLOYMENT = new RegExp(`^(.+)-(?:${SUFFIX}{6,10}|\\d{6,10})-${SUFFIX}{5}$`);

/**
 * The deployment that a pod’s name tells of; `undefined` where it is another’s, such as a stateful set’s. The characters are those of
 * Kubernetes’ `rand.SafeEncodeString` (k8s.io/apimachinery, pkg/util/rand).
 */
export function deploymentOf(pod: string): string | undefined {
  return OF_DEPLOYMENT.exec(pod)?.[1];
}
