const OCTET = '(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)';
const IPV4 = `(?:${OCTET}\\.){3}${OCTET}`;
const HEX = '[0-9A-Fa-f]';
/** One to four digits, without a counted repeat: those multiply, and V8's linear engine takes only small ones. */
const GROUP = `${HEX}(?:${HEX}(?:${HEX}${HEX}?)?)?`;

/** The ways to write an IPv6 address (RFC 4291, 2.2): all groups, or `::` for some, with IPv4 for the last two or without. */
function ipv6(): string {
  const tail = `(?:${GROUP}:${GROUP}|${IPV4})`;
  const ways = [`(?:${GROUP}:){6}${tail}`];
  for (let before = 5; before >= 0; before--) {
    const head = before === 0 ? '' : `(?:${GROUP}:){${before}}`;
    // Before `::` stand `before` groups; behind it at most 7 − before, of which IPv4 takes two.
    const most = 7 - before;
    const behind = `(?:(?:${GROUP}:){0,${Math.max(0, most - 2)}}${tail}|${GROUP})?`;
    ways.push(before === 0 ? `::${behind}` : `${head}:${behind}`);
  }
  ways.push(`(?:${GROUP}:){6}:${GROUP}`, `(?:${GROUP}:){6}:`, `(?:${GROUP}:){7}:`);
  return `(?:${ways.join('|')})`;
}

const HOST_LABEL = '[0-9A-Za-z_](?:[0-9A-Za-z_-]*[0-9A-Za-z_])?';
const MONTH =
  '(?:Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?|Sep(?:t(?:ember)?|tember)?|Oct(?:ober)?|Nov(?:ember)?|Dec(?:ember)?)';
const DAY = '(?:Mon(?:day)?|Tue(?:s(?:day)?)?|Wed(?:nesday)?|Thu(?:rs(?:day)?)?|Fri(?:day)?|Sat(?:urday)?|Sun(?:day)?)';
const EXPONENT = '(?:[eE][+-]?\\d+)?';

/** Names that stand for other names and for patterns; those that Logstash's users know, each made from the definition of what it names. */
export const GROK_PATTERNS: Readonly<Record<string, string>> = {
  // Words and texts
  WORD: '\\b\\w+\\b',
  NOTSPACE: '\\S+',
  SPACE: '\\s*',
  DATA: '.*?',
  GREEDYDATA: '.*',
  GREEDYMULTILINE: '(?s:.*)',
  QUOTEDSTRING: '(?:"(?:[^"\\\\]|\\\\.)*"|\'(?:[^\'\\\\]|\\\\.)*\'|`(?:[^`\\\\]|\\\\.)*`)',
  QS: '%{QUOTEDSTRING}',
  USERNAME: '[\\w.-]+',
  USER: '%{USERNAME}',
  UUID: '[0-9A-Fa-f]{8}-(?:[0-9A-Fa-f]{4}-){3}[0-9A-Fa-f]{12}',
  URN: 'urn:[0-9A-Za-z][0-9A-Za-z-]+:\\S+',
  // RFC 5322, 3.4.1, without quoted local parts and comments
  EMAILLOCALPART: "[\\w!#$%&'*+/=?^`{|}~-]+(?:\\.[\\w!#$%&'*+/=?^`{|}~-]+)*",
  EMAILADDRESS: '%{EMAILLOCALPART}@%{HOSTNAME}',

  // Numbers
  INT: '[+-]?\\d+',
  POSINT: '\\b[1-9]\\d*\\b',
  NONNEGINT: '\\b\\d+\\b',
  BASE10NUM: `[+-]?(?:\\d+(?:\\.\\d*)?|\\.\\d+)${EXPONENT}`,
  NUMBER: '%{BASE10NUM}',
  BASE16NUM: '[+-]?(?:0[xX])?[0-9A-Fa-f]+\\b',
  BASE16FLOAT: '[+-]?(?:0[xX])?(?:[0-9A-Fa-f]+(?:\\.[0-9A-Fa-f]*)?|\\.[0-9A-Fa-f]+)',

  // The network. IPv4: RFC 791; IPv6: RFC 4291, 2.2, with the zone of RFC 4007, 11; names: RFC 1123, 2.1, and _
  IPV4,
  IPV6: `${ipv6()}(?:%[\\w.-]+)?`,
  IP: '(?:%{IPV6}|%{IPV4})',
  HOSTNAME: `\\b${HOST_LABEL}(?:\\.${HOST_LABEL})*\\.?`,
  IPORHOST: '(?:%{IP}|%{HOSTNAME})',
  HOSTPORT: '%{IPORHOST}:%{POSINT}',
  MAC: '(?:%{CISCOMAC}|%{WINDOWSMAC}|%{COMMONMAC})',
  CISCOMAC: '(?:[0-9A-Fa-f]{4}\\.){2}[0-9A-Fa-f]{4}',
  WINDOWSMAC: '(?:[0-9A-Fa-f]{2}-){5}[0-9A-Fa-f]{2}',
  COMMONMAC: '(?:[0-9A-Fa-f]{2}:){5}[0-9A-Fa-f]{2}',

  // Files and addresses. URI: RFC 3986
  PATH: '(?:%{UNIXPATH}|%{WINPATH})',
  UNIXPATH: '(?:/[^\\s/:"\',;|<>]*)+',
  WINPATH: '(?:[A-Za-z]:|\\\\)(?:\\\\[^\\s\\\\/:*?"<>|]*)+',
  TTY: '/dev/(?:pts|tty[pq]?)/?\\w*',
  URIPROTO: '[A-Za-z][A-Za-z0-9+.-]*',
  URIHOST: '(?:\\[%{IPV6}\\]|%{IPORHOST})(?::\\d+)?',
  URIPATH: "(?:/[\\w.~%!$&'()*+,;=:@-]*)+",
  URIQUERY: "[\\w.~%!$&'()*+,;=:@/?\\[\\]|{}<>^`#-]*",
  URIPARAM: '\\?%{URIQUERY}',
  URIPATHPARAM: '%{URIPATH}(?:%{URIPARAM})?',
  URI: '%{URIPROTO}://(?:[^\\s@/]+@)?(?:%{URIHOST})?(?:%{URIPATHPARAM})?',

  // Times
  MONTH,
  MONTHNUM: '(?:1[0-2]|0?[1-9])',
  MONTHNUM2: '(?:0[1-9]|1[0-2])',
  MONTHDAY: '(?:3[01]|[12]\\d|0?[1-9])',
  DAY,
  YEAR: '(?:\\d\\d){1,2}',
  HOUR: '(?:2[0-3]|[01]?\\d)',
  MINUTE: '[0-5]\\d',
  SECOND: '(?:60|[0-5]?\\d)(?:[.,:]\\d+)?',
  TIME: '%{HOUR}:%{MINUTE}(?::%{SECOND})?',
  DATE_US: '%{MONTHNUM}[/-]%{MONTHDAY}[/-]%{YEAR}',
  DATE_EU: '%{MONTHDAY}[./-]%{MONTHNUM}[./-]%{YEAR}',
  DATE: '(?:%{DATE_US}|%{DATE_EU})',
  DATESTAMP: '%{DATE}[ -]%{TIME}',
  // ISO 8601, extended format
  ISO8601_TIMEZONE: '(?:Z|[+-]%{HOUR}(?::?%{MINUTE})?)',
  ISO8601_SECOND: '%{SECOND}',
  TIMESTAMP_ISO8601: '%{YEAR}-%{MONTHNUM}-%{MONTHDAY}[T ]%{HOUR}:?%{MINUTE}(?::?%{SECOND})?(?:%{ISO8601_TIMEZONE})?',
  TZ: '[A-Z]{3,4}',
  // RFC 5322, 3.3
  DATESTAMP_RFC2822: '%{DAY}, %{MONTHDAY} %{MONTH} %{YEAR} %{TIME} %{ISO8601_TIMEZONE}',
  DATESTAMP_RFC822: '%{DAY} %{MONTH} %{MONTHDAY} %{YEAR} %{TIME} %{TZ}',
  DATESTAMP_OTHER: '%{DAY} %{MONTH} %{MONTHDAY} %{TIME} %{TZ} %{YEAR}',
  DATESTAMP_EVENTLOG: '%{YEAR}%{MONTHNUM2}%{MONTHDAY}%{HOUR}%{MINUTE}%{SECOND}',
  HTTPDATE: '%{MONTHDAY}/%{MONTH}/%{YEAR}:%{TIME} %{INT}',
  UNIXTIME: '\\b\\d{10}(?:\\.\\d+)?\\b',

  // Syslog: RFC 3164
  SYSLOGTIMESTAMP: '%{MONTH} +%{MONTHDAY} %{TIME}',
  SYSLOGHOST: '%{IPORHOST}',
  SYSLOGFACILITY: '<%{NONNEGINT:facility}\\.%{NONNEGINT:priority}>',
  PROG: '[!-Z\\\\^-~]+',
  SYSLOGPROG: '%{PROG:program}(?:\\[%{POSINT:pid}\\])?',
  SYSLOGBASE: '%{SYSLOGTIMESTAMP:timestamp} (?:%{SYSLOGFACILITY} )?%{SYSLOGHOST:logsource} %{SYSLOGPROG}:',
  SYSLOGLINE: '%{SYSLOGBASE} *%{GREEDYDATA:message}',

  // Programs
  LOGLEVEL:
    '(?i:trace|debug|notice|info(?:rmation)?|warn(?:ing)?|err(?:or)?|crit(?:ical)?|fatal|severe|emerg(?:ency)?|alert|panic)',
  JAVACLASS: '(?:[A-Za-z$_][\\w$]*\\.)*[A-Za-z$_][\\w$]*',
  JAVAFILE: '(?:[A-Za-z0-9_. -]+)',
  JAVAMETHOD: '(?:<(?:cl)?init>|[A-Za-z$_][\\w$]*)',
  JAVASTACKTRACEPART: '\\s*at %{JAVACLASS:class}\\.%{JAVAMETHOD:method}\\(%{JAVAFILE:file}(?::%{INT:line})?\\)',
  // Apache, mod_log_config
  HTTPDUSER: '(?:%{EMAILADDRESS}|%{USER})',
  COMMONAPACHELOG:
    '%{IPORHOST:clientip} %{HTTPDUSER:ident} %{HTTPDUSER:auth} \\[%{HTTPDATE:timestamp}\\] "(?:%{WORD:verb} %{NOTSPACE:request}(?: HTTP/%{NUMBER:httpversion})?|%{DATA:rawrequest})" (?:%{INT:response}|-) (?:%{INT:bytes}|-)',
  COMBINEDAPACHELOG: '%{COMMONAPACHELOG} %{QS:referrer} %{QS:agent}',
  HTTPD_COMMONLOG: '%{COMMONAPACHELOG}',
  HTTPD_COMBINEDLOG: '%{COMBINEDAPACHELOG}',
};
