import { BEGIN, END, type Step } from './rules.ts';

/** Stack traces of the JVM, as Throwable.printStackTrace writes them. */
const java: readonly Step[] = [
  // The name of an exception: a class in a package, or a word that ends as they usually do, at any place of the line.
  { from: [BEGIN], line: /(?:Exception|Error|Throwable)(?::|$| \()/, to: 'head' },
  { from: [BEGIN], line: /^(?:Exception in thread ".*" )?(?:[a-z_][\w$]*\.)+[A-Z][\w$]*(?::|$)/, to: 'head' },
  // What is left of a trace that was cut.
  { from: [BEGIN], line: /^\s+at [^\s(]+\(|^Caused by: /, to: 'frames' },
  { from: ['head', 'frames'], line: /^\s+at \S/, to: 'frames' },
  { from: ['head', 'frames'], line: /^\s*(?:Caused by|Suppressed|Wrapped by): /, to: 'frames' },
  { from: ['frames'], line: /^\s*\.\.\. \d+ (?:more|common frames omitted)/, to: 'frames' },
  { from: ['head', 'frames'], line: /^\s*\[CIRCULAR REFERENCE: /, to: 'frames' },
  { from: ['frames'], line: /^\s+- (?:locked|waiting|parking|eliminated) /, to: 'frames' },
];

/** Tracebacks of Python, as traceback.print_exception writes them, with chains and exception groups. */
const python: readonly Step[] = [
  { from: [BEGIN], line: /Traceback \(most recent call last\):$/, to: 'frames' },
  { from: [BEGIN], line: /^ {2}File "[^"]+", line \d+/, to: 'frames' },
  { from: ['frames'], line: /^\s+\S/, to: 'frames' },
  // The exception itself: its name, with a message or without.
  { from: ['frames'], line: /^[A-Za-z_][\w.]*(?::|$)/, to: 'named' },
  { from: ['named'], line: /^$/, to: 'gap' },
  {
    from: ['named', 'gap'],
    line: /^(?:During handling of the above exception, another exception occurred|The above exception was the direct cause of the following exception):$/,
    to: 'chain',
  },
  { from: ['chain'], line: /^$/, to: 'chain' },
  { from: ['chain'], line: /Traceback \(most recent call last\):$/, to: 'frames' },
  // Of an exception that was never raised there is no traceback.
  { from: ['chain'], line: /^[A-Za-z_][\w.]*(?::|$)/, to: 'named' },
];

/** Panics and fatal errors of Go, as its runtime writes them, with the stacks of goroutines. */
const go: readonly Step[] = [
  { from: [BEGIN], line: /^(?:panic|fatal error|unexpected fault address|runtime): /, to: 'head' },
  { from: [BEGIN], line: /panic serving \S+: /, to: 'head' },
  { from: [BEGIN], line: /^SIG[A-Z]+: /, to: 'head' },
  { from: [BEGIN, 'head', 'stack'], line: /^goroutine \d+(?: [^[]*)? \[[^\]]+\]:$/, to: 'stack' },
  { from: ['head'], line: /^$|^\s+\S|^\[signal |^(?:panic|fatal error|runtime): |^PC=/, to: 'head' },
  { from: ['head', 'stack'], line: /^runtime stack:$/, to: 'stack' },
  { from: ['stack'], line: /^$|^\s+\S/, to: 'stack' },
  // A call: a name that may hold (*type) or […], and its arguments.
  { from: ['stack'], line: /^[^\s()]+(?:\([^\s()]*\)[^\s()]*)?\(.*\)$/, to: 'stack' },
  { from: ['stack'], line: /^(?:created by \S|\.\.\.(?:additional|\d+) .*frames|\[originating from )/, to: 'stack' },
  // Registers, after a fatal signal.
  { from: ['stack'], line: /^[a-z]\w{1,6}\s+0x[0-9a-f]+$/, to: 'stack' },
  { from: ['stack'], line: /^exit status \d+$/, to: END },
];

/** Errors of Node.js, as V8 prints their stacks and as the process prints what nobody caught. */
const node: readonly Step[] = [
  {
    from: [BEGIN],
    line: /^(?:Uncaught )?\[?(?:[\w$.]*Error|[A-Z][\w$]*Exception|AssertionError)\b.*(?::|\]|$)/,
    to: 'head',
  },
  { from: [BEGIN], line: /(?:Error|Exception)(?: \[\w+\])?: /, to: 'head' },
  { from: [BEGIN], line: /^(?:node:[\w/]+|(?:file:\/\/|\/|[A-Za-z]:\\)\S*\.[cm]?[jt]sx?):\d+$/, to: 'source' },
  { from: [BEGIN], line: /^\s+at .*:\d+:\d+\)?$/, to: 'frames' },
  { from: ['source'], line: /\S/, to: 'code' },
  { from: ['code'], line: /^\s*\^+\s*$/, to: 'caret' },
  { from: ['caret'], line: /^$/, to: 'caret' },
  { from: ['caret'], line: /^\S/, to: 'head' },
  { from: ['head', 'frames'], line: /^\s+at \S/, to: 'frames' },
  // The difference that an assertion shows.
  { from: ['head'], line: /^\+ actual - expected/, to: 'difference' },
  { from: ['difference'], line: /^$|^[-+ ]/, to: 'difference' },
  { from: ['difference'], line: /^\s+at \S/, to: 'frames' },
  // Properties of the error, its causes, the errors of an AggregateError.
  { from: ['head', 'frames'], line: /^\s+(?:\[?[\w$']+\]?: |[}\]])/, to: 'frames' },
  { from: ['frames'], line: /^\s+\S|^[}\]],?$/, to: 'frames' },
  { from: ['head', 'frames'], line: /^$/, to: 'gap' },
  { from: ['gap'], line: /^$/, to: 'gap' },
  { from: ['frames', 'gap'], line: /^Node\.js v\d/, to: END },
];

/** Exceptions of Ruby, as the interpreter writes what nobody rescued, with the snippet of error_highlight. */
const ruby: readonly Step[] = [
  { from: [BEGIN], line: /^\S+:\d+:in [`'].*: /, to: 'frames' },
  { from: [BEGIN, 'frames'], line: /^\S+:\d+:in [`'].*\((?:NoMethod|Name|Type|Argument)Error\)$/, to: 'named' },
  { from: [BEGIN, 'named', 'frames'], line: /^\s+from \S+:\d+(?::in |$)/, to: 'frames' },
  // Ruby 2.5 to 2.7: the oldest call first.
  { from: [BEGIN], line: /^Traceback \(most recent call last\):$/, to: 'upwards' },
  { from: ['upwards'], line: /^\s+\d+: from \S+:\d+|^\s+ \.\.\. \d+ levels\.\.\.$/, to: 'upwards' },
  { from: ['upwards'], line: /^\S+:\d+:in [`']/, to: END },
  { from: ['frames'], line: /^\s+ \.\.\. \d+ levels\.\.\.$/, to: 'frames' },
  // As Logger prints an exception: its message, its class, and below them the calls.
  { from: [BEGIN], line: /\([A-Z][\w:]*(?:Error|Exception)\)$/, to: 'logged' },
  // Causes, and the calls of what was logged.
  { from: ['named', 'frames', 'logged'], line: /^\S+:\d+:in [`']/, to: 'frames' },
  { from: ['named'], line: /^$/, to: 'gap' },
  { from: ['gap'], line: /\S/, to: 'snippet' },
  { from: ['snippet'], line: /^\s*\^+\s*$/, to: 'frames' },
];

/** The presets by their names. */
export const PRESETS = { java, python, go, node, ruby } as const;
