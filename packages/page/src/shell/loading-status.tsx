import { useEffect, useState } from 'preact/hooks';
import { useSession } from '../state/session.ts';

const WORTH_SAYING = 1000;

/** Says to those who hear the page that it loads, when this takes long enough to wonder, and that it is done. */
export function LoadingStatus() {
  const { api } = useSession();
  const [words, setWords] = useState('');
  useEffect(() => {
    let timer = 0;
    const leave = api.onBusy((isBusy) => {
      clearTimeout(timer);
      if (isBusy) timer = window.setTimeout(() => setWords('Loading'), WORTH_SAYING);
      else setWords((before) => (before === 'Loading' ? 'Loaded' : before));
    });
    return () => {
      leave();
      clearTimeout(timer);
    };
  }, [api]);
  return (
    <p class="sr-only" role="status">
      {words}
    </p>
  );
}
