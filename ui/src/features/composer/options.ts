/** Button, event and offer as the fields of the composer hold them, and as the engine takes them. */
import type { ButtonAction, PostOptions } from '$lib/api';

export interface OptionFields {
  action: 'none' | ButtonAction;
  url: string;
  event: boolean;
  offer: boolean;
  title: string;
  startsOn: string;
  startsAt: string;
  endsOn: string;
  endsAt: string;
  coupon: string;
  redeem: string;
  terms: string;
}

export const NO_OPTIONS: OptionFields = {
  action: 'none',
  url: '',
  event: false,
  offer: false,
  title: '',
  startsOn: '',
  startsAt: '',
  endsOn: '',
  endsAt: '',
  coupon: '',
  redeem: '',
  terms: '',
};

/** « 19:30:00 » as a time field shows it. */
const hour = (time: string | null | undefined) => time?.slice(0, 5) ?? '';

export function fieldsOf(options: PostOptions | undefined): OptionFields {
  const { button, event, offer } = options ?? {};
  return {
    action: button?.action ?? 'none',
    url: button?.url ?? '',
    event: event != null && offer == null,
    offer: offer != null,
    title: event?.title ?? '',
    startsOn: event?.starts_on ?? '',
    startsAt: hour(event?.starts_at),
    endsOn: event?.ends_on ?? '',
    endsAt: hour(event?.ends_at),
    coupon: offer?.coupon_code ?? '',
    redeem: offer?.redeem_url ?? '',
    terms: offer?.terms ?? '',
  };
}

/** Dates that are not filled in yet leave the event out; an offer without them is refused in words. */
export function optionsOf(fields: OptionFields): PostOptions {
  const options: PostOptions = {};
  const filled = (text: string) => text.trim() || null;
  if (fields.action !== 'none') {
    options.button = {
      action: fields.action,
      url: fields.action === 'call' ? null : filled(fields.url),
    };
  }
  if ((fields.event || fields.offer) && fields.startsOn) {
    const time = (text: string) => (text ? `${text}:00` : null);
    options.event = {
      title: fields.title.trim(),
      starts_on: fields.startsOn,
      starts_at: time(fields.startsAt),
      ends_on: filled(fields.endsOn),
      ends_at: time(fields.endsAt),
    };
  }
  if (fields.offer) {
    options.offer = {
      coupon_code: filled(fields.coupon),
      redeem_url: filled(fields.redeem),
      terms: filled(fields.terms),
    };
  }
  return options;
}
