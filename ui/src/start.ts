/** The page that the window shows while the application cannot start. It asks nothing of the API. */
import './app.css';

import { mount } from 'svelte';

import StartPage from './features/start/StartPage.svelte';
import { i18n } from './lib/i18n/index.svelte';
import { startDesk } from './lib/platform/start';
import { theme } from './lib/theme.svelte';

theme.start();

const target = document.getElementById('app');
if (!target) throw new Error('The page has no #app element');
const first = await startDesk.state();
// Not kept: the owner's own choice of language comes back with the application.
i18n.language = first.language;
document.documentElement.lang = first.language;
mount(StartPage, { target, props: { first, desk: startDesk } });
