import { createClock } from '../clock.ts';
import { createRandom, type Random } from '../random.ts';
import { type Draft, stamp, writeStep } from './functional.ts';
import { createTexts, writeLarge, writeOperator, writeUnknown } from './noise.ts';
import type { MirrordSettings } from './options.ts';
import type { MirrordRecord } from './record.ts';
import { createSessions, type Sessions } from './sessions.ts';

/** Yields events in the order of their times, those of the warm-up left out, until there are `settings.lines` or it is `settings.until`. */
export function* mirrordRecords(settings: MirrordSettings): Generator<MirrordRecord, void, undefined> {
  const { seed, episode, shares, rate } = settings;
  const cast = createRandom(seed);
  const random = episode === undefined ? cast : createRandom(`${seed} ${episode}`);
  const clock = createClock(settings.start);
  const functional = 1 - shares.nonJson - shares.large - shares.unknown - shares.operator;
  const sessions = createSessions({ cast, random }, settings, rate * Math.max(functional, 0.01), clock.activity);
  const texts = createTexts(random);
  const choose = createChooser(random, settings, texts);
  let at = -settings.warmUp;
  let crossing = false;

  for (let written = 0; written < settings.lines; ) {
    const kind = choose();
    const step = kind === 'functional' ? sessions.next() : undefined;
    // A step has its own time; anything else takes a part of the time until the next step.
    if (step !== undefined) at = Math.max(at, step.at);
    else if (functional > 0) at += Math.max(0, sessions.nextAt() - at) * random.unit() * 0.5;
    else at += (random.unit() * 2) / rate;

    const line = kind === 'text' ? texts.next() : undefined;
    let text = line?.text ?? '';
    let truth: MirrordRecord['truth'] = { kind: 'text' };
    if (kind !== 'text') {
      const draft = step === undefined ? writeOther(kind, random, settings, sessions) : writeStep(random, shares, step);
      text = stamp(draft, clock, at);
      truth = draft.truth;
    }
    // The runtime reads a line a moment after the program wrote it.
    at += 0.00002 + random.unit() * 0.0004;
    if (at > settings.until) return;
    if (at >= 0) {
      written += 1;
      yield { text, stream: crossing ? 'stderr' : (line?.stream ?? 'stdout'), at, truth };
    }
    crossing = kind === 'large' && !crossing && random.chance(shares.interleave);
  }
}

type Kind = 'functional' | 'text' | 'large' | 'unknown' | 'operator';

function writeOther(kind: Kind, random: Random, settings: MirrordSettings, sessions: Sessions): Draft {
  if (kind === 'large') return writeLarge(random, settings.largeBytes);
  if (kind === 'unknown') return writeUnknown(random, sessions.anyClient(), sessions.anyTarget());
  return writeOperator(random);
}

// Texts come in scripts of several lines, so a script begins less often than its lines appear.
function createChooser(
  random: Random,
  { shares }: MirrordSettings,
  texts: { busy(): boolean; meanLength: number },
): () => Kind {
  const { nonJson } = shares;
  const scripts = nonJson / (texts.meanLength * (1 - nonJson) + nonJson);
  const rest = Math.max(1 - nonJson, Number.MIN_VALUE);
  const large = shares.large / rest;
  const unknown = large + shares.unknown / rest;
  const operator = unknown + shares.operator / rest;
  return () => {
    if (texts.busy() || random.chance(scripts)) return 'text';
    const drawn = random.unit();
    if (drawn < large) return 'large';
    if (drawn < unknown) return 'unknown';
    return drawn < operator ? 'operator' : 'functional';
  };
}
