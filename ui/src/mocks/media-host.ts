/** The mocked web site of the owner: named, tested, forgotten. */
import type { CredentialField, MediaHost } from '../lib/api/types';
import { json, refuse, type MockResponse } from './answers.ts';
import { day } from './clock.ts';

const field = (
  key: string,
  label: string,
  label_en: string,
  { secret = false, example = '' } = {},
): CredentialField => ({
  key,
  label,
  label_en,
  help: 'Comme dans le navigateur.',
  help_en: 'As in the browser.',
  secret,
  required: true,
  example,
});

const KINDS: MediaHost['kinds'] = [
  {
    id: 'wordpress',
    name: 'Site WordPress',
    name_en: 'WordPress site',
    fields: [
      field('site', 'Adresse du site', 'Address of the site', {
        example: 'https://www.levieuxmoulin.fr',
      }),
      field('username', 'Nom d’utilisateur WordPress', 'WordPress user name', { example: 'anne' }),
      field('app_password', 'Mot de passe d’application', 'Application password', { secret: true }),
    ],
    steps: [
      'Ouvrez l’administration de votre site (son adresse, puis « /wp-admin »).',
      'Dans « Comptes », ouvrez « Profil », et descendez jusqu’à « Mots de passe d’application ».',
    ],
    steps_en: [
      'Open the administration of your site (its address, then “/wp-admin”).',
      'Under “Users” open “Profile”, and scroll down to “Application Passwords”.',
    ],
  },
  {
    id: 'webdav',
    name: 'Dossier WebDAV',
    name_en: 'WebDAV folder',
    fields: [
      field('folder', 'Adresse WebDAV du dossier', 'WebDAV address of the folder'),
      field('password', 'Mot de passe', 'Password', { secret: true }),
    ],
    steps: ['Chez votre hébergeur, ouvrez l’accès WebDAV.'],
    steps_en: ['At your web host open the WebDAV access.'],
  },
];

const FOUND = {
  good: {
    code: 'media_host_ready',
    severity: 'ok' as const,
    text: 'Une photo d’essai a été déposée sur votre site, vue de l’extérieur, puis retirée.',
    text_en: 'A test photo was put on your site, seen from outside, and removed.',
    next_step: 'Rien à faire.',
    next_step_en: 'Nothing to do.',
  },
  bad: {
    code: 'media_host_login_refused',
    severity: 'error' as const,
    text: 'Votre site ne reconnaît pas cet identifiant ou ce mot de passe.',
    text_en: 'Your site does not know this user name or password.',
    next_step: 'Créez un nouveau mot de passe d’application et recopiez-le dans Réglages.',
    next_step_en: 'Make a new application password and copy it into Settings.',
  },
};

/** The password that the mocked site refuses. */
export const WRONG_PASSWORD = 'faux';

export class MockMediaHost {
  #kind: string | null = null;
  #fields: Record<string, string> = {};
  #good = false;

  /** As if it had been named and tested before. */
  name(good = true): void {
    this.#kind = 'wordpress';
    this.#fields = { site: 'https://www.levieuxmoulin.fr', username: 'anne', app_password: 'abcd' };
    this.#good = good;
  }

  get lends(): boolean {
    return this.#kind !== null && this.#good;
  }

  #view(): MediaHost {
    const secrets = KINDS.flatMap(({ fields }) => fields.filter(({ secret }) => secret));
    const shown = Object.entries(this.#fields).filter(
      ([key]) => !secrets.some((secret) => secret.key === key),
    );
    return {
      kind: this.#kind,
      fields: Object.fromEntries(shown),
      last_check: this.#kind
        ? { at: day(0, '09:30'), ok: this.#good, findings: [this.#good ? FOUND.good : FOUND.bad] }
        : null,
      lends_addresses: this.lends,
      files: this.lends ? 2 : 0,
      kinds: KINDS,
    };
  }

  handle(method: string, verb: string | undefined, body: Record<string, unknown>): MockResponse {
    if (method === 'POST' && verb === undefined) {
      const fields = body.fields as Record<string, string>;
      if (fields.site?.startsWith('http://')) {
        refuse(422, 'media_host_address_unsafe', 'Adresse refusée.');
      }
      const kept = this.#fields.app_password ?? '';
      this.#kind = String(body.kind);
      this.#fields = { ...fields, app_password: fields.app_password || kept };
      this.#good = this.#fields.app_password !== WRONG_PASSWORD;
    } else if (method === 'DELETE') {
      this.#kind = null;
      this.#fields = {};
      return json({ files_left: 1 });
    }
    return json(this.#view());
  }
}
