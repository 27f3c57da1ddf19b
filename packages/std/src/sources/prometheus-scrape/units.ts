/** UCUM codes of what OpenMetrics spells out (OpenTelemetry, "Prometheus and OpenMetrics Compatibility", Metric Metadata). */
const CODES: Readonly<Record<string, string>> = {
  ...{ days: 'd', hours: 'h', minutes: 'min', seconds: 's', milliseconds: 'ms', microseconds: 'us', nanoseconds: 'ns' },
  ...{ bytes: 'By', kibibytes: 'KiBy', mebibytes: 'MiBy', gibibytes: 'GiBy', tebibytes: 'TiBy', bits: 'bit' },
  ...{ kilobytes: 'kBy', megabytes: 'MBy', gigabytes: 'GBy', terabytes: 'TBy', ratio: '1', percent: '%' },
  ...{ meters: 'm', volts: 'V', amperes: 'A', joules: 'J', watts: 'W', grams: 'g', celsius: 'Cel', hertz: 'Hz' },
};
/** After `per` a unit stands in the singular. */
const SINGULARS: Readonly<Record<string, string>> = {
  ...{ second: 's', minute: 'min', hour: 'h', day: 'd', week: 'wk', month: 'mo', year: 'y', byte: 'By' },
};

/** The unit of a metric as OTLP writes it: `seconds` as `s`, `bytes_per_second` as `By/s`; what has no code stays. */
export function otlpUnit(unit: string): string {
  const [whole, per] = unit.split(/_per_(.*)/s);
  if (per === undefined) return codeOf(CODES, unit);
  return `${codeOf(CODES, whole!)}/${codeOf(SINGULARS, per)}`;
}

function codeOf(codes: Readonly<Record<string, string>>, word: string): string {
  return Object.hasOwn(codes, word) ? codes[word]! : word;
}
