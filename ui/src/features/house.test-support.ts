/** What the tests of these screens share: the mocked API, a page to look at, and axe. */
import { render } from '@testing-library/svelte';
import axeCore from 'axe-core';
import type { Component } from 'svelte';
import { expect } from 'vitest';

import { installMockApi } from '../mocks/fetch';
import type { MockServer, Scenario } from '../mocks/server';

// jsdom has no layout engine; the parts of the kit that measure themselves need these to exist.
class Observer {
  observe(): void {
    // Nothing is ever laid out here.
  }
  unobserve(): void {
    // See above.
  }
  disconnect(): void {
    // See above.
  }
}
globalThis.ResizeObserver ??= Observer;
Element.prototype.scrollIntoView ??= () => undefined;
File.prototype.text ??= function (this: File) {
  return new Promise((resolve) => {
    const reader = new FileReader();
    reader.onload = () => resolve(String(reader.result));
    reader.readAsText(this);
  });
};
Element.prototype.hasPointerCapture ??= () => false;

/** Goes to an address and shows a screen on the mocked API. */
export function show(
  screen: Component,
  hash = '#/',
  scenario: Scenario = {},
  { whole = false }: { /** The screen is the whole page. */ whole?: boolean } = {},
): MockServer {
  const mock = installMockApi(scenario);
  location.hash = hash;
  window.dispatchEvent(new HashChangeEvent('hashchange'));
  // A screen stands inside the page's main part, which gives its headers their meaning.
  document.querySelector('#content')?.remove();
  const place = document.createElement(whole ? 'div' : 'main');
  place.id = 'content';
  render(screen, { target: document.body.appendChild(place) });
  return mock;
}

/** The bodies that were sent to one route, oldest first. */
export function sent(mock: MockServer, method: string, path: string): unknown[] {
  return mock.requests
    .filter((request) => request.method === method && request.url.startsWith(path))
    .map((request) => JSON.parse(String(request.body ?? 'null')) as unknown);
}

/** Colours are checked in a real browser by `e2e/screens.mjs`; jsdom cannot compute them. */
export async function expectAccessible(root: Element = document.body): Promise<void> {
  const { violations } = await axeCore.run(root, {
    rules: { 'color-contrast': { enabled: false }, region: { enabled: false } },
  });
  expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map((n) => n.html).join(' ')}`)).toEqual(
    [],
  );
}
