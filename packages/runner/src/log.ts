import type { Log } from '@tailrace/core';
import { type Logger, pino } from 'pino';

/** The product's own log on standard error: pretty on a terminal, JSON lines else. Secrets are objects that print as ***. */
export async function createLog(level: string, stream: NodeJS.WriteStream = process.stderr): Promise<Log> {
  return plainLog(await createPino(level, stream));
}

async function createPino(level: string, stream: NodeJS.WriteStream): Promise<{ pino: Logger }> {
  if (!stream.isTTY) {
    const formatters = { level: (label: string) => ({ level: label }) };
    return { pino: pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime, formatters }, stream) };
  }
  const { default: pretty } = await import('pino-pretty');
  const colorize = !process.env['NO_COLOR'];
  const out = pretty({
    colorize,
    ignore: 'pid,hostname',
    translateTime: 'SYS:HH:MM:ss',
    sync: true,
    destination: stream,
  });
  return { pino: pino({ level }, out) };
}

/** Only the four levels: plugins must not depend on the library. */
function plainLog({ pino: log }: { pino: Logger }): Log {
  return {
    debug: (details, message) => log.debug(details, message),
    info: (details, message) => log.info(details, message),
    warn: (details, message) => log.warn(details, message),
    error: (details, message) => log.error(details, message),
  };
}
