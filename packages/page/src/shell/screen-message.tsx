import type { Failure } from '../api/client.ts';
import { Icon } from './icons.tsx';

interface ScreenMessageProps {
  readonly failure: Failure | null;
  /** Said while there is no failure. */
  readonly loading: string;
  onAgain(): void;
}

/** In the place of a whole page that is not there yet, or cannot be. */
export function ScreenMessage({ failure, loading, onAgain }: ScreenMessageProps) {
  if (failure === null) {
    return (
      <div class="screen-message" role="status">
        <span class="spinner" aria-hidden="true" />
        <p>{loading} …</p>
      </div>
    );
  }
  return (
    <div class="screen-message" role="alert">
      <Icon name="warning" />
      <p>{failure.message}</p>
      <button type="button" class="button" onClick={onAgain}>
        Try again
      </button>
      <a href="#/">To the dashboards</a>
    </div>
  );
}
