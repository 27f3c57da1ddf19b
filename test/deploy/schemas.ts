import { readFileSync } from 'node:fs';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { Ajv, type ValidateFunction } from 'ajv';

/** The oldest Kubernetes that the chart is for, and the newest whose schemas are here. */
export const KUBERNETES_VERSIONS = ['1.25', '1.37'] as const;

/** One object of the cluster, as a manifest has it. */
export interface ClusterObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly labels?: Record<string, string>;
    readonly annotations?: Record<string, string>;
  };
  readonly [member: string]: unknown;
}

const groups: Record<string, string> = { v1: 'core.v1', 'apps/v1': 'apps.v1', 'networking.k8s.io/v1': 'networking.v1' };
const compiled = new Map<string, ValidateFunction>();

/** What Kubernetes' own schemas find wrong with an object: members that are misspelt, missing, or of another type. */
export function schemaErrors(object: ClusterObject, version: (typeof KUBERNETES_VERSIONS)[number]): string[] {
  const { kind, metadata } = object;
  const validate = validator(object, version);
  if (validate(object)) return [];
  return (validate.errors ?? []).map(({ instancePath, message, params }) => {
    const detail = 'additionalProperty' in params ? `: ${params['additionalProperty']}` : '';
    return `${kind} ${metadata.name} ${instancePath} ${message}${detail}`;
  });
}

function validator({ apiVersion, kind }: ClusterObject, version: string): ValidateFunction {
  const isMonitor = apiVersion === 'monitoring.coreos.com/v1' && kind === 'ServiceMonitor';
  const file = isMonitor ? 'servicemonitor' : `kubernetes-${version}`;
  const key = `${file} ${apiVersion} ${kind}`;
  const known = compiled.get(key);
  if (known) return known;
  const packed = readFileSync(path.join(import.meta.dirname, `schemas/${file}.json.gz`));
  const schema = JSON.parse(gunzipSync(packed).toString()) as object;
  const name = `io.k8s.api.${groups[apiVersion]}.${kind}`;
  // Names have dots, and the definitions refer to each other by "#/$defs/…".
  const root = isMonitor ? schema : { ...schema, $ref: `#/$defs/${name}` };
  const validate = new Ajv({ strict: false, allErrors: true, validateFormats: false }).compile(root);
  compiled.set(key, validate);
  return validate;
}
