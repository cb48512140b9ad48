/** One delivery in any state, with the problem, the actions and the history that go with it. */
import type {
  Account,
  Attempt,
  Delivery,
  DeliveryProblem,
  DeliveryState,
  PostState,
} from '../lib/api/types';
import { day } from './clock.ts';

export const PROBLEMS: Record<string, DeliveryProblem> = {
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
/** The same ids in every demonstration. */
export const restartIds = (): void => void (serial = 0);
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

export function delivery(
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
