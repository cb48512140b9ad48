import '@testing-library/jest-dom/vitest';

import { configure } from '@testing-library/svelte';

configure({ asyncUtilTimeout: 10_000 });
