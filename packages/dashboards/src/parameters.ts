import type { Parameters } from './model.ts';

/** What the files in the repository are built with. */
export const DEFAULTS: Parameters = {
  index_pattern: 'logstash-*',
  data_view_id: 'tailrace-logstash',
  health_index_pattern: 'tailrace-health-*',
  health_data_view_id: 'tailrace-health',
  metric_prefix: '',
  histogram_unit: 'seconds',
  datadog_namespace: '',
  prometheus_datasource: 'default',
  elasticsearch_datasource: 'default',
  field_prefix: 'fields.',
};

const INDICES = {
  form: /^[^\s"\\/?<>|#A-Z]+$/,
  expected: 'names of indices in lower case, such as logstash-* or a-*,b-*',
};
const ID = { form: /^[A-Za-z0-9_-]{1,100}$/, expected: 'letters, digits, - and _' };

/** What may be written for each parameter, and how it is said. */
const FORMS: Readonly<Record<keyof Parameters, { readonly form: RegExp; readonly expected: string }>> = {
  index_pattern: INDICES,
  data_view_id: ID,
  health_index_pattern: INDICES,
  health_data_view_id: ID,
  metric_prefix: { form: /^([a-zA-Z_:][a-zA-Z0-9_:]*)?$/, expected: 'the beginning of a metric name, such as prod_' },
  histogram_unit: { form: /^(seconds|milliseconds)$/, expected: 'seconds or milliseconds' },
  datadog_namespace: { form: /^([a-zA-Z][a-zA-Z0-9_.]*)?$/, expected: 'the beginning of a metric name, such as prod' },
  prometheus_datasource: { form: /^.{1,200}$/, expected: 'the name of a data source' },
  elasticsearch_datasource: { form: /^.{1,200}$/, expected: 'the name of a data source' },
  field_prefix: {
    form: /^([A-Za-z0-9_@-]+\.)*$/,
    expected: 'keys with a dot behind each, such as fields. or log.fields., or nothing',
  },
};

/** A parameter that cannot be set so. */
export class ParameterError extends Error {
  override readonly name = 'ParameterError';
}

/** The defaults with `name=value` settings put in; throws a {@link ParameterError}. */
export function parametersFrom(settings: readonly string[]): Parameters {
  const parameters: Record<string, string> = { ...DEFAULTS };
  for (const setting of settings) {
    const at = setting.indexOf('=');
    if (at < 0) throw new ParameterError(`--set ${setting}: expected name=value`);
    const [name, value] = [setting.slice(0, at), setting.slice(at + 1)];
    if (!isParameter(name))
      throw new ParameterError(`--set ${name}: unknown parameter, expected one of ${Object.keys(DEFAULTS).join(', ')}`);
    if (!FORMS[name].form.test(value))
      throw new ParameterError(`--set ${name}=${value}: expected ${FORMS[name].expected}`);
    parameters[name] = value;
  }
  return parameters as unknown as Parameters;
}

function isParameter(name: string): name is keyof Parameters {
  return Object.hasOwn(DEFAULTS, name);
}

/** The name of a field under these parameters: `fields.session_id` with the prefix that the events really have. */
export function fieldName(field: string, { field_prefix: prefix }: Parameters): string {
  return field.startsWith('fields.') ? `${prefix}${field.slice('fields.'.length)}` : field;
}
