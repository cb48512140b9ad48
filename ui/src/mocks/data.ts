/** A week in the life of Le Vieux Moulin, Vensac: enough of everything to see every screen. */
import type {
  Account,
  Alert,
  ApiToken,
  Attempt,
  ContentKind,
  Delivery,
  DeliveryProblem,
  DeliveryState,
  Descriptor,
  JournalEntry,
  Media,
  Post,
  PostState,
} from '../lib/api/types';
import { day, wallClock } from './clock.ts';

export interface World {
  accounts: Account[];
  posts: Post[];
  media: Map<string, { media: Media; bytes: Uint8Array | string; mime: string }>;
  alerts: Alert[];
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

export const DESCRIPTORS: Descriptor[] = [
  {
    id: 'facebook',
    name: 'Facebook',
    kind: 'E',
    own_server: false,
    capabilities: {
      publish: true,
      hand_over: true,
      edit: true,
      delete: true,
      metrics: false,
      conversations: false,
    },
    limits: {
      max_text: 63206,
      counting_rule: 'code_points',
      max_text_bytes: null,
      max_images: 10,
      max_hashtags: null,
      max_alt_text: 1000,
      image: {
        max_bytes: 10_000_000,
        min_width: 1,
        max_width: 4096,
        max_height: 4096,
        min_ratio: null,
        max_ratio: null,
      },
      text_only_allowed: true,
      hand_over_min_secs: 1200,
      hand_over_max_secs: 2_505_600,
    },
    credential_fields: [
      {
        key: 'page_id',
        label: 'Numéro de la page',
        label_en: 'Page number',
        help: 'Dans Facebook : la page, puis À propos, puis Transparence de la page.',
        help_en: 'In Facebook: the page, then About, then Page transparency.',
        secret: false,
        required: true,
        example: '102030405060708',
      },
      {
        key: 'access_token',
        label: 'Jeton de la page',
        label_en: 'Page token',
        help: 'Le jeton longue durée de la page, tel que Meta l’affiche.',
        help_en: 'The long-lived token of the page, as Meta shows it.',
        secret: true,
        required: true,
        example: 'EAAG…',
      },
    ],
    connect: {
      methods: ['token'],
      steps: [
        'Ouvrez le site des développeurs de Meta avec le compte qui administre la page.',
        'Dans l’explorateur, choisissez votre page et les autorisations pages_manage_posts et pages_read_engagement.',
        'Copiez le jeton affiché et collez-le ci-dessous.',
      ],
      steps_en: [
        'Open Meta’s developer site with the account that manages the page.',
        'In the explorer, choose your page and the permissions pages_manage_posts and pages_read_engagement.',
        'Copy the token shown and paste it below.',
      ],
    },
    limitations: ['Une publication déjà en ligne ne peut plus changer de photo.'],
    limitations_en: ['A published post cannot change its photos any more.'],
    options: [],
  },
  {
    id: 'instagram',
    name: 'Instagram',
    kind: 'C',
    own_server: false,
    capabilities: {
      publish: true,
      hand_over: false,
      edit: false,
      delete: false,
      metrics: false,
      conversations: false,
    },
    limits: {
      max_text: 2200,
      counting_rule: 'code_points',
      max_text_bytes: null,
      max_images: 10,
      max_hashtags: 30,
      max_alt_text: 1000,
      image: {
        max_bytes: 8_000_000,
        min_width: 320,
        max_width: 1440,
        max_height: 8192,
        min_ratio: 0.8,
        max_ratio: 1.91,
      },
      text_only_allowed: false,
      hand_over_min_secs: null,
      hand_over_max_secs: null,
    },
    credential_fields: [
      {
        key: 'user_id',
        label: 'Numéro du compte Instagram',
        label_en: 'Instagram account number',
        help: 'Le numéro du compte professionnel, pas le nom avec @.',
        help_en: 'The number of the professional account, not the @name.',
        secret: false,
        required: true,
        example: '17841400000000000',
      },
      {
        key: 'access_token',
        label: 'Jeton',
        label_en: 'Token',
        help: 'Le jeton longue durée du compte.',
        help_en: 'The long-lived token of the account.',
        secret: true,
        required: true,
        example: 'IGAA…',
      },
    ],
    connect: {
      methods: ['token'],
      steps: [
        'Passez le compte Instagram en compte professionnel et reliez-le à votre page Facebook.',
        'Sur le site des développeurs de Meta, demandez un jeton avec instagram_content_publish.',
        'Copiez le jeton et collez-le ci-dessous.',
      ],
      steps_en: [
        'Make the Instagram account a professional one and link it to your Facebook page.',
        'On Meta’s developer site, ask for a token with instagram_content_publish.',
        'Copy the token and paste it below.',
      ],
    },
    limitations: [
      'Instagram ne prend pas de texte sans photo.',
      'Une publication en ligne ne peut être ni changée ni supprimée d’ici.',
    ],
    limitations_en: [
      'Instagram takes no text without a photo.',
      'A published post can be neither changed nor deleted from here.',
    ],
    options: [],
  },
  {
    id: 'bluesky',
    name: 'Bluesky',
    kind: 'A',
    own_server: false,
    capabilities: {
      publish: true,
      hand_over: false,
      edit: false,
      delete: true,
      metrics: false,
      conversations: false,
    },
    limits: {
      max_text: 300,
      counting_rule: 'graphemes',
      max_text_bytes: 3000,
      max_images: 4,
      max_hashtags: null,
      max_alt_text: 2000,
      image: {
        max_bytes: 950_000,
        min_width: 1,
        max_width: 2000,
        max_height: 2000,
        min_ratio: null,
        max_ratio: null,
      },
      text_only_allowed: true,
      hand_over_min_secs: null,
      hand_over_max_secs: null,
    },
    credential_fields: [
      {
        key: 'identifier',
        label: 'Nom du compte',
        label_en: 'Account name',
        help: 'Votre adresse Bluesky, sans @.',
        help_en: 'Your Bluesky handle, without @.',
        secret: false,
        required: true,
        example: 'levieuxmoulin.bsky.social',
      },
      {
        key: 'app_password',
        label: 'Mot de passe d’application',
        label_en: 'App password',
        help: 'Quatre groupes de quatre lettres, créés dans les réglages de Bluesky.',
        help_en: 'Four groups of four letters, made in Bluesky’s settings.',
        secret: true,
        required: true,
        example: 'xxxx-xxxx-xxxx-xxxx',
      },
    ],
    connect: {
      methods: ['app_password'],
      steps: [
        'Dans Bluesky : Paramètres, Confidentialité et sécurité, Mots de passe d’application.',
        'Ajoutez un mot de passe nommé « Vieux Moulin ».',
        'Copiez-le et collez-le ci-dessous.',
      ],
      steps_en: [
        'In Bluesky: Settings, Privacy and security, App passwords.',
        'Add a password named “Vieux Moulin”.',
        'Copy it and paste it below.',
      ],
    },
    limitations: ['Une publication en ligne peut être supprimée, mais pas changée.'],
    limitations_en: ['A published post can be deleted but not changed.'],
    options: [],
  },
  {
    id: 'mastodon',
    name: 'Mastodon',
    kind: 'B',
    own_server: true,
    capabilities: {
      publish: true,
      hand_over: true,
      edit: true,
      delete: true,
      metrics: false,
      conversations: false,
    },
    limits: {
      max_text: 500,
      counting_rule: 'mastodon',
      max_text_bytes: null,
      max_images: 4,
      max_hashtags: null,
      max_alt_text: 1500,
      image: {
        max_bytes: 16_000_000,
        min_width: 1,
        max_width: 8192,
        max_height: 8192,
        min_ratio: null,
        max_ratio: null,
      },
      text_only_allowed: true,
      hand_over_min_secs: 300,
      hand_over_max_secs: null,
    },
    credential_fields: [
      {
        key: 'server',
        label: 'Adresse du serveur',
        label_en: 'Server address',
        help: 'Le site où se trouve votre compte.',
        help_en: 'The site where your account lives.',
        secret: false,
        required: true,
        example: 'https://mastodon.social',
      },
      {
        key: 'access_token',
        label: 'Jeton d’accès',
        label_en: 'Access token',
        help: 'Seulement si vous préférez coller un jeton plutôt que d’ouvrir la page du serveur.',
        help_en: 'Only if you would rather paste a token than open the server’s page.',
        secret: true,
        required: false,
        example: '',
      },
    ],
    connect: {
      methods: ['oauth', 'token'],
      steps: [
        'Indiquez l’adresse de votre serveur.',
        'Sa page s’ouvre dans votre navigateur : acceptez.',
        'Revenez ici : c’est terminé.',
      ],
      steps_en: [
        'Give the address of your server.',
        'Its page opens in your browser: accept.',
        'Come back here: done.',
      ],
    },
    limitations: [],
    limitations_en: [],
    options: [],
  },
];

const PROBLEMS: Record<string, DeliveryProblem> = {
  needs_reauth: {
    code: 'token_expired',
    title: 'Instagram demande de se reconnecter',
    detail:
      'Le jeton du compte n’est plus valable. La publication est gardée et n’est pas partie sur Instagram.',
    next_step: 'Reconnectez Instagram : elle partira toute seule ensuite.',
    title_en: 'Instagram asks to reconnect',
    detail_en:
      'The account’s token is no longer valid. The post is kept and did not leave for Instagram.',
    next_step_en: 'Reconnect Instagram: it will then leave by itself.',
    platform_message: 'Error validating access token: Session has expired.',
    http_status: 400,
  },
  rejected: {
    code: 'image_ratio',
    title: 'Instagram a refusé la photo',
    detail:
      'La photo est trop étroite pour Instagram. Rien n’est paru sur ce réseau ; les autres ont bien publié.',
    next_step: 'Recadrez la photo, puis renvoyez.',
    title_en: 'Instagram refused the photo',
    detail_en:
      'The photo is too narrow for Instagram. Nothing appeared there; the other networks published.',
    next_step_en: 'Crop the photo, then send again.',
    platform_message: 'The aspect ratio is not supported.',
    http_status: 400,
  },
  held: {
    code: 'outcome_unknown',
    title: 'Facebook n’a pas répondu clairement',
    detail:
      'La connexion a été coupée pendant l’envoi. Nous ne savons pas si la publication est parue, et nous ne la renvoyons pas sans vous.',
    next_step: 'Ouvrez votre page Facebook et dites-nous si elle y est.',
    title_en: 'Facebook did not answer clearly',
    detail_en:
      'The connection was cut while sending. We do not know whether the post appeared, and we do not send it again without you.',
    next_step_en: 'Open your Facebook page and tell us whether it is there.',
    platform_message: null,
    http_status: null,
  },
  retry_at: {
    code: 'platform_unavailable',
    title: 'Mastodon ne répond pas pour l’instant',
    detail: 'Le serveur est momentanément indisponible. Nous réessayons tout seuls.',
    next_step: 'Rien à faire.',
    title_en: 'Mastodon is not answering right now',
    detail_en: 'The server is unavailable for the moment. We try again by ourselves.',
    next_step_en: 'Nothing to do.',
    platform_message: 'Service Unavailable',
    http_status: 503,
  },
};

const ACTIONS: Partial<Record<DeliveryState, Delivery['actions']>> = {
  queued: ['edit', 'cancel'],
  handed_over: ['edit', 'cancel', 'check'],
  retry_at: ['retry', 'edit', 'cancel'],
  needs_reauth: ['retry', 'cancel'],
  rejected: ['retry', 'edit', 'cancel'],
  held: ['confirm_published', 'confirm_resend', 'check'],
  unknown: ['check'],
  published: ['open', 'edit', 'delete'],
};

export function actionsFor(state: DeliveryState): Delivery['actions'] {
  return ACTIONS[state] ?? [];
}

export function postStateOf(states: DeliveryState[]): PostState {
  if (states.length === 0) return 'draft';
  const any = (...wanted: DeliveryState[]) => states.some((state) => wanted.includes(state));
  const all = (...wanted: DeliveryState[]) => states.every((state) => wanted.includes(state));
  if (any('held', 'needs_reauth', 'rejected', 'unknown')) {
    return any('published') && !any('held', 'needs_reauth') ? 'partial' : 'needs_attention';
  }
  if (all('published', 'duplicate')) return 'published';
  if (all('cancelled')) return 'cancelled';
  if (all('expired')) return 'expired';
  if (any('sending', 'preparing', 'armed', 'reconciling')) return 'publishing';
  return 'scheduled';
}

let serial = 0;
export const newId = (): string => `0193f2a0-0000-7000-8000-${String(++serial).padStart(12, '0')}`;

function history(state: DeliveryState, due: string, platform: string): Attempt[] {
  const prepared: Attempt = {
    at: new Date(Date.parse(due) - 45_000).toISOString(),
    step: 'prepare',
    outcome: 'ok',
    text: 'Photo adaptée et texte prêt.',
    text_en: 'Photo adapted and text ready.',
    http_status: null,
    duration_ms: 420,
  };
  const sent = (outcome: string, text: string, textEn: string, status: number | null): Attempt => ({
    at: due,
    step: 'send',
    outcome,
    text,
    text_en: textEn,
    http_status: status,
    duration_ms: 1280,
  });
  switch (state) {
    case 'published':
      return [prepared, sent('ok', 'Le réseau a accepté la publication.', 'Accepted.', 200)];
    case 'handed_over':
      return [
        {
          ...prepared,
          step: 'send',
          text: 'Confiée à Facebook, qui la publiera à l’heure prévue.',
          text_en: 'Handed to Facebook, which will publish it on time.',
          http_status: 200,
        },
      ];
    case 'held':
      return [
        prepared,
        sent('no_answer', 'La connexion a été coupée avant la réponse.', 'Connection cut.', null),
        {
          at: new Date(Date.parse(due) + 60_000).toISOString(),
          step: 'reconcile',
          outcome: 'unsure',
          text: 'Nous avons cherché la publication sur la page sans pouvoir conclure.',
          text_en: 'We looked for the post on the page and could not tell.',
          http_status: 200,
          duration_ms: 640,
        },
      ];
    case 'needs_reauth':
    case 'rejected':
    case 'retry_at':
      return [
        prepared,
        sent(
          'refused',
          PROBLEMS[state]?.title ?? '',
          PROBLEMS[state]?.title_en ?? '',
          PROBLEMS[state]?.http_status ?? null,
        ),
      ];
    default:
      return platform ? [] : [];
  }
}

function delivery(
  post: string,
  target: Account,
  state: DeliveryState,
  due: string,
  text: string,
  images: Delivery['images'],
): Delivery {
  const done = state === 'published';
  return {
    id: newId(),
    post_id: post,
    account: target.id,
    account_label: target.label,
    platform: target.platform,
    state,
    due_at: due,
    next_at: state === 'retry_at' ? new Date(Date.now() + 240_000).toISOString() : null,
    handed_over: state === 'handed_over',
    attempts: ['queued', 'cancelled'].includes(state) ? 0 : 1,
    remote_id: done || state === 'handed_over' ? `r-${post.slice(-4)}` : null,
    permalink: done
      ? `https://${target.platform}.example/levieuxmoulin/posts/${post.slice(-4)}`
      : null,
    text,
    wanted_text: null,
    images,
    problem: PROBLEMS[state] ?? null,
    actions: actionsFor(state),
    finished_at: done ? new Date(Date.parse(due) + 2000).toISOString() : null,
    late_secs: done ? 2 : null,
    crash_count: 0,
    doubtful: state === 'held',
    removed_at: null,
    history: history(state, due, target.platform),
    created_at: day(-10, '10:00'),
    updated_at: due,
  };
}

/** Builds the whole demonstration around today. */
export function demonstration(): World {
  serial = 0;
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
      logs: { dir: null, days: 14, level: 'info' },
      backup: { enabled: true, keep_daily: 7, keep_weekly: 4, keep_before_migration: 3 },
    },
  };
}
