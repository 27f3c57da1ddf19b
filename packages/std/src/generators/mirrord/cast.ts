import { hex, type Random } from '../random.ts';

/** One person's machine. `members` is its part of the `fields` object, ready to be pasted. */
export interface Client {
  id: string;
  user: string;
  cliVersion: string;
  members: string;
}

/** One workload in the cluster, with its `fields` members in both layouts the operator has used. */
export interface Target {
  type: string;
  namespace: string;
  name: string;
  split: string;
  joined: string;
}

/** Draws the people that use mirrord. */
export function drawClients(random: Random, count: number): Client[] {
  return Array.from({ length: count }, (_, index) => drawClient(random, index));
}

/** Draws the workloads of a cluster. */
export function drawTargets(random: Random, count: number): Target[] {
  return Array.from({ length: count }, (_, index) => {
    const service = WORKLOADS[index % WORKLOADS.length] ?? 'checkout';
    const round = Math.floor(index / WORKLOADS.length);
    const name = round === 0 ? service : `${service}-v${round + 1}`;
    const type = random.chance(0.6) ? 'deployment' : random.pick(TARGET_TYPES);
    return target(type, random.pick(NAMESPACES), type === 'pod' ? `${name}-${hex(random, 1).slice(0, 5)}` : name);
  });
}

/** The pod that a copy target makes; dashboards leave these out by their name. */
export function copyOf(random: Random, original: Target): Target {
  return target('pod', original.namespace, `mirrord-copy-${hex(random, 1)}`);
}

function target(type: string, namespace: string, name: string): Target {
  const split = `"target_type":"${type}","target_namespace":"${namespace}","target_name":"${name}"`;
  return { type, namespace, name, split, joined: `"target":"${type}/${name}"` };
}

function drawClient(random: Random, index: number): Client {
  const [given, family, host] = PEOPLE[index % PEOPLE.length] ?? ['Ada', 'Byron', 'ada'];
  const round = Math.floor(index / PEOPLE.length);
  const name = round === 0 ? `${given} ${family}` : `${given} ${family} ${round + 1}`;
  const account = `${host}${round === 0 ? '' : round + 1}`;
  const user = random.pick(USER_FORMS)(account);
  const id = Buffer.from(hex(random, 4), 'hex').toString('base64');
  const hostname = random.pick(HOST_FORMS)(account, given);
  const members = JSON.stringify({ client_hostname: hostname, client_name: name, client_user: user, client_id: id });
  return { id, user, cliVersion: random.pick(CLI_VERSIONS), members: members.slice(1, -1) };
}

const PEOPLE: readonly (readonly [string, string, string])[] = [
  ['Ada', 'Byron', 'ada'],
  ['Zoë', 'Müller', 'zoe.mueller'],
  ['小龍', '李', 'li.xiaolong'],
  ['Ольга', 'Иванова', 'olga'],
  ['Liam', "O'Connor", 'liam'],
  ['Sofía', 'Núñez', 'sofia'],
  ['Noah "Trip"', 'Walker', 'noah'],
  ['さくら', '田中', 'sakura'],
  ['Emma', 'Johnson', 'emma'],
  ['محمد', 'علي', 'mohamed'],
  ['Jonas', 'Weiß', 'jonas'],
  ['Priya', 'Sharma', 'priya'],
  ['Łukasz', 'Żak', 'lukasz'],
  ['Tomás', 'Oliveira 🚀', 'tomas'],
  ['Grace', 'Kim <grace>', 'grace'],
  ['Henrik', 'Sørensen', 'henrik'],
  ['Chloé', 'D’Amico & Co', 'chloe'],
  ['Ivan', 'Petrov', 'ivan'],
  ['Maya', 'Cohen', 'maya'],
  ['Olivia', 'Brown', 'olivia'],
  ['Kwame', 'Mensah', 'kwame'],
  ['Ngọc', 'Trần', 'ngoc'],
  ['Élodie', 'Cœur', 'elodie'],
  ['Sam', 'Taylor', 'sam'],
];

const USER_FORMS: readonly ((account: string) => string)[] = [
  (account) => `${account}@example.com`,
  (account) => `${account}@example.com`,
  (account) => `oidc:${account}@example.com`,
  (account) => `system:serviceaccount:ci:${account.replaceAll('.', '-')}`,
  (account) => `CORP\\${account}`,
  (account) => `arn:aws:sts::123456789012:assumed-role/developer/${account}`,
];

const HOST_FORMS: readonly ((account: string, given: string) => string)[] = [
  (account) => `${account}-laptop.corp.example`,
  (account) => `${account}-laptop.corp.example`,
  (_, given) => `${given}'s MacBook Pro`,
  (account) => `DESKTOP-${account.toUpperCase()}`,
  (account) => `ip-10-20-30-${account.length}.ec2.internal`,
];

const CLI_VERSIONS = ['3.188.0', '3.188.0', '3.187.2', '3.166.0', '3.140.1', '4.0.0-beta.1'];
const TARGET_TYPES = ['pod', 'statefulset', 'rollout', 'job', 'cronjob', 'service', 'replicaset'];
const NAMESPACES = ['shop', 'shop', 'payments', 'search', 'staging', 'identity', 'ml', 'preview-1842'];
const WORKLOADS = [
  'checkout',
  'cart',
  'catalog',
  'payment-gateway',
  'orders',
  'search-api',
  'inventory',
  'auth',
  'notifications',
  'recommendations',
  'invoice-renderer',
  'fraud-score',
  'shipping',
  'web-frontend',
  'image-resizer',
  'webhooks',
  'reports',
  'feature-flags',
  'geo',
  'ledger',
];
