/** A week in the life of Le Vieux Moulin, Vensac: enough of everything to see every screen. */
import type {
  Account,
  Alert,
  ApiToken,
  ContentKind,
  Conversation,
  DeliveryState,
  JournalEntry,
  Media,
  Post,
} from '../lib/api/types';
import { day, wallClock } from './clock.ts';
import { delivery, newId, postStateOf, PROBLEMS, restartIds } from './deliveries.ts';

export interface World {
  accounts: Account[];
  posts: Post[];
  media: Map<string, { media: Media; bytes: Uint8Array | string; mime: string }>;
  alerts: Alert[];
  conversations: Conversation[];
  journal: JournalEntry[];
  tokens: ApiToken[];
  settings: Record<string, unknown>;
}

const SAMPLE_KEY = 'demo';

function account(
  id: string,
  platform: string,
  label: string,
  handle: string,
  more: Partial<Account> = {},
): Account {
  return {
    id,
    platform,
    label,
    handle,
    remote_id: `${SAMPLE_KEY}-${platform}`,
    state: 'connected',
    is_default: true,
    bills_each_post: false,
    practice: true,
    server: null,
    token_expiry: { kind: 'never' },
    permissions: ['publish'],
    missing_permissions: [],
    limits: { max_text: 63206, max_images: 10 },
    settings: {},
    credential_hint: '…7f3a',
    last_check: {
      at: day(0, '06:00'),
      ok: true,
      findings: [
        {
          code: 'can_publish',
          severity: 'ok',
          text: 'Le compte peut publier.',
          text_en: 'The account can publish.',
          next_step: '',
          next_step_en: '',
        },
      ],
    },
    problem: null,
    waiting: 0,
    at_risk: 0,
    created_at: day(-40, '10:00'),
    ...more,
  };
}

/** Builds the whole demonstration around today. */
export function demonstration(): World {
  restartIds();
  const accounts = [
    account('acc-facebook', 'facebook', 'Le Vieux Moulin', 'Le Vieux Moulin', {
      token_expiry: { kind: 'never' },
      settings: { hand_over: true, facebook_photo_host: true },
    }),
    account('acc-instagram', 'instagram', 'Le Vieux Moulin', 'levieuxmoulin.vensac', {
      limits: { max_text: 2200, max_images: 10 },
      token_expiry: { kind: 'known', at: day(12, '09:00') },
    }),
    account('acc-bluesky', 'bluesky', 'Le Vieux Moulin', 'levieuxmoulin.bsky.social', {
      limits: { max_text: 300, max_images: 4 },
      token_expiry: { kind: 'unknown' },
    }),
    account('acc-mastodon', 'mastodon', 'Le Vieux Moulin', '@levieuxmoulin@piaille.example', {
      limits: { max_text: 500, max_images: 4 },
      server: 'https://piaille.example',
    }),
  ];
  const [facebook, instagram, bluesky, mastodon] = accounts as [Account, Account, Account, Account];

  const media: World['media'] = new Map();
  const posts: Post[] = [];

  const add = (
    title: string,
    body: string,
    due: string | null,
    states: [Account, DeliveryState][],
    more: {
      kind?: ContentKind;
      hashtags?: string[];
      photos?: [string, string][];
      link?: string;
    } = {},
  ) => {
    const id = newId();
    const hashtags = more.hashtags ?? ['Medoc', 'Vensac'];
    const images = (more.photos ?? []).map(([media_id, alt_text]) => ({ media_id, alt_text }));
    const text = `${title}\n\n${body}\n\n${hashtags.map((tag) => `#${tag}`).join(' ')}`;
    posts.push({
      id,
      state: due === null ? 'draft' : postStateOf(states.map(([, state]) => state)),
      kind: more.kind ?? 'evergreen',
      content: {
        title,
        body,
        hashtags,
        link: more.link ?? null,
        media_url: null,
        media: images,
        variants: {},
      },
      revision: 1,
      schedule: { at: due, local: due ? wallClock(due) : null, timezone: 'Europe/Paris' },
      late_policy: { mode: 'default' },
      undo_until: null,
      platforms: states.map(([target]) => target.id),
      deliveries:
        due === null
          ? []
          : states.map(([target, state]) => delivery(id, target, state, due, text, images)),
      problem: null,
      created_at: day(-10, '10:00'),
      updated_at: day(-1, '10:00'),
      reply_to: null,
      created_by: 'window',
    });
  };

  const oysters: [string, string][] = [
    ['oysters', 'Six huîtres ouvertes sur une assiette blanche, un demi-citron au centre'],
  ];
  const mill: [string, string][] = [['mill', 'Le moulin de Vensac au coucher du soleil']];
  const tart: [string, string][] = [['tart', 'Une tarte aux framboises sur une table en bois']];
  const stew: [string, string][] = [['stew', 'Une cocotte de lamproie à la bordelaise']];
  for (const [id, alt] of [...oysters, ...mill, ...tart, ...stew]) {
    media.set(id, {
      media: {
        id,
        mime: 'image/svg+xml',
        width: 1200,
        height: 900,
        size_bytes: 184_000,
        name: `${id}.jpg`,
        alt_text: alt,
        source_url: null,
        created_at: new Date().toISOString(),
      },
      bytes: '',
      mime: 'image/svg+xml',
    });
  }
  const all = (state: DeliveryState): [Account, DeliveryState][] => [
    [facebook, state],
    [instagram, state],
    [bluesky, state],
    [mastodon, state],
  ];

  add(
    'Plat du jour : blanquette de veau',
    'Aujourd’hui au moulin : blanquette de veau à l’ancienne, riz de Camargue, et une tarte fine pour finir. 17,50 € le midi.',
    day(0, '10:30'),
    all('published'),
    { kind: 'dish_of_the_day', photos: stew, hashtags: ['PlatDuJour', 'Medoc', 'Vensac'] },
  );
  add(
    'Arrivage d’huîtres du Bassin',
    'Les huîtres d’Arès sont arrivées ce matin. Douzaine n° 3, pain de seigle et beurre salé : 19 €. Pensez à réserver au 05 56 00 00 00.',
    day(0, '11:45'),
    [
      [facebook, 'held'],
      [bluesky, 'published'],
      [mastodon, 'published'],
    ],
    { photos: oysters },
  );
  add(
    'Soirée jazz au moulin',
    'Ce soir, le trio Garonne joue au pied des ailes. Planches et vins du Médoc dès 19 h, entrée libre.',
    day(0, '23:30'),
    [
      [facebook, 'handed_over'],
      [instagram, 'queued'],
      [bluesky, 'queued'],
    ],
    { kind: 'event', photos: mill, hashtags: ['Jazz', 'Medoc'] },
  );
  add(
    'Dessert du dimanche',
    'La tarte aux framboises de Mamie Odette, la vraie, avec la crème qui tient. Il y en aura douze parts.',
    day(-1, '12:00'),
    [
      [facebook, 'published'],
      [instagram, 'rejected'],
      [bluesky, 'published'],
    ],
    { kind: 'dish_of_the_day', photos: tart },
  );
  add(
    'Plat du jour : lamproie à la bordelaise',
    'La lamproie mijote depuis hier. Poireaux, vin rouge, un peu de chocolat : la recette ne bouge pas. 24 €.',
    day(1, '10:30'),
    [
      [facebook, 'handed_over'],
      [instagram, 'queued'],
      [bluesky, 'queued'],
      [mastodon, 'handed_over'],
    ],
    { kind: 'dish_of_the_day', photos: stew, hashtags: ['PlatDuJour', 'Medoc'] },
  );
  add(
    'Fermeture exceptionnelle mardi soir',
    'Mardi soir, le moulin se repose : nous fermons après le service du midi. Retour mercredi à 12 h.',
    day(2, '09:00'),
    [
      [facebook, 'handed_over'],
      [bluesky, 'queued'],
    ],
    { kind: 'opening_change', hashtags: [] },
  );
  add(
    'Menu du marché',
    'Soupe de potimarron, merlu de Royan, poire pochée au pineau. Le menu du marché est à 28 €.',
    day(4, '10:30'),
    all('queued'),
    { photos: tart },
  );
  add(
    'Dîner accords mets et vins',
    'Le vendredi, cinq assiettes et cinq verres avec le domaine des Graves. 24 couverts, sur réservation.',
    day(5, '18:30'),
    [
      [facebook, 'handed_over'],
      [instagram, 'queued'],
      [bluesky, 'queued'],
      [mastodon, 'handed_over'],
    ],
    { kind: 'event', photos: mill, link: 'https://levieuxmoulin.example/diners' },
  );
  const rotation: [string, string, [string, string][]][] = [
    [
      'Plat du jour : entrecôte aux sarments',
      'Entrecôte grillée aux sarments de vigne, frites maison. 22 €.',
      stew,
    ],
    [
      'Plat du jour : moules du Verdon',
      'Moules du Verdon au vin blanc et aux herbes du jardin. 16 €.',
      oysters,
    ],
    ['Le moulin ce matin', 'Brume sur les vignes, pain au four. Bonne journée à tous.', mill],
    [
      'Dessert de la semaine',
      'Canelés tièdes et glace à la vanille. Oui, on peut en emporter.',
      tart,
    ],
  ];
  for (const [index, offset] of [-3, -5, -7, -9, -12, -14, -17, -19].entries()) {
    const [title, body, photos] = rotation[index % rotation.length] as (typeof rotation)[number];
    add(title, body, day(offset, '10:30'), all('published'), { photos });
  }
  for (const [index, offset] of [7, 9, 12, 14, 18, 21, 26, 30].entries()) {
    const [title, body, photos] = rotation[index % rotation.length] as (typeof rotation)[number];
    add(title, body, day(offset, '10:30'), all('queued'), { photos });
  }
  add(
    'Réveillon de la Saint-Sylvestre',
    'Le menu du réveillon est presque prêt : foie gras, chapon, et une surprise à minuit.',
    null,
    [
      [facebook, 'queued'],
      [instagram, 'queued'],
    ],
    { kind: 'event' },
  );

  const held = posts[1];
  const refused = posts[3];
  const alertFor = (post: Post | undefined, state: DeliveryState): Alert[] => {
    const problem = PROBLEMS[state];
    const found = post?.deliveries.find((entry) => entry.state === state);
    if (!post || !problem || !found) return [];
    return [
      {
        id: newId(),
        at: found.updated_at,
        account: found.account,
        kind: problem.code,
        title: problem.title,
        detail: problem.detail,
        next_step: problem.next_step,
        title_en: problem.title_en,
        detail_en: problem.detail_en,
        next_step_en: problem.next_step_en,
        post_id: post.id,
        delivery_id: found.id,
        count: 1,
        seen_at: null,
        resolved_at: null,
      },
    ];
  };

  const journal: JournalEntry[] = posts
    .flatMap((post) =>
      post.deliveries
        .filter((entry) => Date.parse(entry.due_at) < Date.now())
        .map((entry) => ({
          id: newId(),
          at: entry.due_at,
          actor: 'engine',
          kind: 'delivery',
          subject: entry.id,
          text: `« ${post.content.title ?? ''} » : ${entry.problem?.title ?? `publiée sur ${entry.platform}`}`,
          text_en: `“${post.content.title ?? ''}”: ${entry.problem?.title_en ?? `published on ${entry.platform}`}`,
          post_id: post.id,
          delivery_id: entry.id,
          account: entry.account,
        })),
    )
    .sort((a, b) => b.at.localeCompare(a.at));

  return {
    accounts,
    posts,
    media,
    conversations: [],
    alerts: [...alertFor(held, 'held'), ...alertFor(refused, 'rejected')],
    journal,
    tokens: [
      {
        id: 'tok-1',
        label: 'Module recettes',
        scopes: ['read', 'publish'],
        created_at: day(-30, '09:00'),
        last_used_at: day(0, '08:12'),
      },
    ],
    settings: {
      house: { name: 'Le Vieux Moulin', city: 'Vensac', timezone: 'Europe/Paris' },
      language: 'fr',
      theme: 'system',
      publishing: {
        undo_secs: 30,
        service_ends: { midi: '14:30', soir: '22:30' },
        late: { evergreen_max_late_secs: 10_800, evergreen_spacing_secs: 1800 },
        lookup_waits_secs: [15, 60, 300],
        hand_over: { facebook_min_secs: 1200, facebook_max_secs: 2_505_600 },
      },
      api: { port: 5001 },
      notifications: {
        enabled: true,
        quiet_hours: { enabled: false, from: '22:30', to: '08:00' },
      },
      messages: {
        house_name: null,
        house_address: null,
        house_phone: null,
        house_siret: null,
        privacy_url: null,
        reply_to: null,
        sms_sender: null,
        sms_stop: null,
        default_country: 'FR',
        frequency_cap: { count: 1, days: 7 },
        sms_hours: { from: '10:00', to: '20:00', saturdays: true, sundays: false, holidays: false },
        monthly_budget_cents: 0,
        sms_part_price_milli: 65,
      },
      logs: { dir: null, days: 14, level: 'info' },
      backup: { enabled: true, keep_daily: 7, keep_weekly: 4, keep_before_migration: 3 },
    },
  };
}
