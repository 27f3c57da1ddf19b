/**
 * Severity numbers of OpenTelemetry's logs data model by lowercase names: its own short names (trace … fatal4), those of syslog
 * (RFC 5424) and of Log4j, and what programs write for them. Where its appendix B maps a format, the numbers are those.
 */
export const SEVERITIES: Readonly<Record<string, number>> = {
  ...numbered('trace', 1),
  ...numbered('debug', 5),
  ...numbered('info', 9),
  ...numbered('warn', 13),
  ...numbered('error', 17),
  ...numbered('fatal', 21),
  finest: 1,
  verbose: 1,
  finer: 3,
  fine: 5,
  dbg: 5,
  config: 8,
  information: 9,
  informational: 9,
  notice: 10,
  warning: 13,
  err: 17,
  severe: 17,
  crit: 18,
  critical: 18,
  alert: 19,
  panic: 21,
  emerg: 21,
  emergency: 21,
};

/** `info`, `info2`, `info3`, `info4`: four numbers in a row. */
function numbered(name: string, first: number): Record<string, number> {
  return { [name]: first, [`${name}2`]: first + 1, [`${name}3`]: first + 2, [`${name}4`]: first + 3 };
}
