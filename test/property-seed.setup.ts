import fc from 'fast-check';

/**
 * Property tests start from the same seed each time, so that a run tells about the change that it was made for. `PROPERTY_SEED=random`
 * (`pnpm explore`) looks for new counterexamples; a number repeats a run.
 */
const wanted = process.env['PROPERTY_SEED'] ?? '1';
const seed = wanted === 'random' ? Date.now() % 2 ** 31 : Number(wanted);
if (!Number.isInteger(seed)) throw new Error(`PROPERTY_SEED=${wanted}: must be a whole number, or random`);
fc.configureGlobal({ seed });
