/** A record of the operator as a reader finds it in the file who knows only the documentation: names and types in one spelling. */
export interface OperatorEvent {
  /** When the container runtime wrote the line, Unix milliseconds. */
  readonly time: number;
  readonly level?: string;
  readonly message?: string;
  readonly clientId?: string;
  readonly user?: string;
  readonly machine?: string;
  readonly cliVersion?: string;
  readonly session?: string;
  readonly namespace?: string;
  readonly targetType?: string;
  readonly target?: string;
  /** Seconds. */
  readonly duration?: number;
  readonly port?: number;
  readonly filter?: string;
  readonly scaleDown?: boolean;
}

const OLD_MESSAGES: Readonly<Record<string, string>> = {
  'Target Copied': 'Copy Target',
  'Port Stolen': 'Port Steal',
  'Port Mirrored': 'Port Mirror',
  'Port Released': 'Port Release',
  'Session Started': 'Session Start',
  'Session Ended': 'Session End',
};

/** Reads what docker or containerd wrote: a line per event, long ones in parts. No code of the product takes part. */
export function readOperatorLog(bytes: Buffer, format: 'docker' | 'cri'): OperatorEvent[] {
  const open = new Map<string, { text: string; time: number }>();
  const events: OperatorEvent[] = [];
  for (const line of bytes.toString('latin1').split('\n').slice(0, -1)) {
    const { stream, text, time, last } = format === 'cri' ? criPart(line) : dockerPart(line);
    // An event is as old as its first part.
    const whole = { time: open.get(stream)?.time ?? time, text: (open.get(stream)?.text ?? '') + text };
    open.set(stream, whole);
    if (!last) continue;
    open.delete(stream);
    events.push(eventOf(whole.time, Buffer.from(whole.text, 'latin1').toString()));
  }
  return events;
}

interface Part {
  readonly stream: string;
  /** Bytes as latin1, so that a letter cut in two survives. */
  readonly text: string;
  readonly time: number;
  readonly last: boolean;
}

function criPart(line: string): Part {
  const [, time = '', stream = '', tag, text = ''] = /^(\S+) (stdout|stderr) ([PF]) (.*)$/s.exec(line) ?? [];
  return { stream, text, time: Date.parse(time), last: tag === 'F' };
}

function dockerPart(line: string): Part {
  const { log, stream, time } = JSON.parse(Buffer.from(line, 'latin1').toString()) as Record<string, string>;
  const last = log!.endsWith('\n');
  const text = Buffer.from(last ? log!.slice(0, -1) : log!).toString('latin1');
  return { stream: stream!, text, time: Date.parse(time!), last };
}

function eventOf(time: number, text: string): OperatorEvent {
  const record = recordOf(text);
  if (record === undefined) return { time };
  const { fields = {}, level } = record;
  const word = (key: string) => (fields[key] === undefined ? undefined : String(fields[key]));
  const number = (key: string) => (fields[key] === undefined ? undefined : Number(fields[key]));
  const [type, name] = word('target')?.split('/') ?? [];
  const message = word('message');
  const event: { [Key in keyof OperatorEvent]: OperatorEvent[Key] | undefined } = {
    time,
    level,
    message: message === undefined ? undefined : (OLD_MESSAGES[message] ?? message),
    clientId: word('client_id'),
    user: word('client_user'),
    machine: word('client_hostname'),
    cliVersion: word('client_cli_version'),
    session: word('session_id'),
    namespace: word('target_namespace'),
    targetType: word('target_type') ?? type,
    target: word('target_name') ?? name,
    duration: number('session_duration') ?? number('duration'),
    port: number('port'),
    filter: word('http_filter'),
    scaleDown: fields['scale_down'] === undefined ? undefined : fields['scale_down'] === true,
  };
  return Object.fromEntries(
    Object.entries(event).filter(([, value]) => value !== undefined),
  ) as unknown as OperatorEvent;
}

function recordOf(text: string): { level?: string; fields?: Record<string, unknown> } | undefined {
  try {
    return JSON.parse(text) as { level?: string; fields?: Record<string, unknown> };
  } catch {
    return undefined;
  }
}
