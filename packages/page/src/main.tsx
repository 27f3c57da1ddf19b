import { render } from 'preact';
import { createApi } from './api/client.ts';
import { App } from './app.tsx';

const place = document.getElementById('app');
if (place !== null) render(<App api={createApi()} />, place);
