import './app.css';

import { mount } from 'svelte';

import App from './App.svelte';
import { i18n } from './lib/i18n/index.svelte';
import { theme } from './lib/theme.svelte';

theme.start();
i18n.set(i18n.language);

const target = document.getElementById('app');
if (!target) throw new Error('The page has no #app element');
mount(App, { target });
