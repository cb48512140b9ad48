/** Accounts of the mocked API: connect, check, pause, reconnect, remove. */
import { json, refuse, type MockResponse } from './answers.ts';
import { demonstration, type World } from './data.ts';
import { allDeliveries, type Emit } from './posts.ts';
import { DESCRIPTORS } from './networks.ts';

export function accounts(
  { world, emit }: { world: World; emit: Emit },
  method: string,
  id: string | undefined,
  verb: string | undefined,
  body: Record<string, unknown>,
): MockResponse {
  if (id === undefined && method === 'GET') return json(world.accounts);
  if (id === 'oauth') {
    if (method === 'POST') {
      return json({ authorize_url: 'https://piaille.example/oauth', session: 'demo' });
    }
    return json({
      state: 'connected',
      account: world.accounts[3]?.id ?? null,
      problem: null,
    });
  }
  if (id === undefined) {
    const credentials = (body.credentials ?? {}) as Record<string, string>;
    const descriptor = DESCRIPTORS.find((entry) => entry.id === body.platform);
    for (const field of descriptor?.credential_fields ?? []) {
      if (field.required && !credentials[field.key]) {
        refuse(422, 'credential_missing', `Il manque : ${field.label}.`, {
          errors: [
            {
              field: field.key,
              code: 'credential_missing',
              detail: 'Ce champ est nécessaire.',
              detail_en: 'This field is needed.',
            },
          ],
        });
      }
    }
    const sample = demonstration().accounts.find((entry) => entry.platform === body.platform);
    if (!sample) refuse(422, 'unknown_platform', 'Ce réseau n’existe pas.');
    world.accounts.push(sample);
    emit('account.changed', sample.id);
    return json(sample, 201);
  }
  const account =
    world.accounts.find((entry) => entry.id === id) ??
    refuse(404, 'not_found', 'Ce compte n’existe plus.');
  if (verb === 'impact') {
    return json(allDeliveries(world).filter((d) => d.account === id && d.state === 'queued'));
  }
  if (method === 'DELETE') {
    world.accounts = world.accounts.filter((entry) => entry !== account);
    emit('account.changed', account.id);
    return json({
      account: account.id,
      cancelled: [],
      ...(account.platform === 'bluesky'
        ? { access: 'session_ended', access_page: 'https://bsky.app/settings/app-passwords' }
        : { access: 'revoked' }),
    });
  }
  if (method === 'PATCH') {
    if (typeof body.label === 'string') account.label = body.label;
    if (typeof body.is_default === 'boolean') account.is_default = body.is_default;
    if (typeof body.paused === 'boolean') account.state = body.paused ? 'paused' : 'connected';
    if (body.settings) Object.assign(account.settings, body.settings);
    if (body.credentials) {
      account.state = 'connected';
      account.problem = null;
      account.last_check = { at: new Date().toISOString(), ok: true, findings: [] };
    }
  }
  if (verb === 'resume') account.waiting = 0;
  if (verb === 'check' && account.last_check) account.last_check.at = new Date().toISOString();
  emit('account.changed', account.id);
  return json(account);
}
