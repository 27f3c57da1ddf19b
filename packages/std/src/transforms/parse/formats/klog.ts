import { misfit, type ParseLine } from '../line.ts';

const SEVERITIES: Readonly<Record<string, string>> = { I: 'INFO', W: 'WARNING', E: 'ERROR', F: 'FATAL' };
const HEADER = /^([IWEF])(\d{4} \d\d:\d\d:\d\d(?:\.\d{1,9})?) +(\d{1,10}) ([^\]]{1,1024}):(\d{1,9})\](?: |$)/;

/**
 * The header of klog, which Kubernetes' own programs write: `Lmmdd hh:mm:ss.uuuuuu threadid file:line] message`, as the package
 * documentation of k8s.io/klog has it.
 */
export const klogFormat: ParseLine = (line, members) => {
  const match = HEADER.exec(line);
  if (!match) return misfit('has no klog header such as I0102 15:04:05.000000 1 main.go:7] …');
  members['timestamp'] = match[2]!;
  members['severity'] = SEVERITIES[match[1]!]!;
  members['pid'] = Number(match[3]);
  members['file'] = match[4]!;
  members['line'] = Number(match[5]);
  members['message'] = line.slice(match[0].length);
  return null;
};

/** Local time without a year. */
export const KLOG_TIMES = ['%m%d %H:%M:%S.%f', '%m%d %H:%M:%S'];
