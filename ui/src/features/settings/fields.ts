/**
 * Where each setting stands on the screen and how it is edited. Paths are those of
 * `config/settings.json`; bounds and defaults come from the engine's schema, not from here; the
 * words are those of the path (`house.name`: `settings.house_name`, and `…_help` when written).
 * Language and theme have their own controls, because this page also keeps them.
 */
import { maybe, type MessageKey } from '$lib/i18n/index.svelte';

export type Unit = 'secs' | 'minutes' | 'hours' | 'days' | 'copies';

export type Control =
  | { kind: 'text'; optional?: boolean }
  | { kind: 'number'; unit?: Unit; /** Stored value of one unit shown. */ factor?: number }
  | { kind: 'time' }
  | { kind: 'zone' }
  | { kind: 'switch' }
  | { kind: 'numbers' }
  | { kind: 'choice'; options: { value: string; label: MessageKey }[] };

export type FieldSection = 'house' | 'publishing' | 'notifications' | 'data' | 'advanced';

export interface Field {
  path: string;
  section: FieldSection;
  control: Control;
  label: MessageKey;
  help?: MessageKey;
  /** Shown only while this switch is on. */
  when?: string;
}

const TEXT: Control = { kind: 'text' };
const OPTIONAL: Control = { kind: 'text', optional: true };
const TIME: Control = { kind: 'time' };
const SWITCH: Control = { kind: 'switch' };
const SECS: Control = { kind: 'number', unit: 'secs' };
const MINUTES: Control = { kind: 'number', unit: 'minutes', factor: 60 };
const HOURS: Control = { kind: 'number', unit: 'hours', factor: 3600 };
const NUMBER: Control = { kind: 'number' };
const DAYS: Control = { kind: 'number', unit: 'days' };
const COPIES: Control = { kind: 'number', unit: 'copies' };
const LOG_LEVELS = ['error', 'warn', 'info', 'debug', 'trace'] as const;

/** Path, control, and the switch it depends on, in reading order. */
const TABLE: Record<FieldSection, [path: string, control: Control, when?: string][]> = {
  house: [
    ['house.name', TEXT],
    ['house.city', TEXT],
    ['house.timezone', { kind: 'zone' }],
    ['messages.house_name', OPTIONAL],
    ['messages.house_address', OPTIONAL],
    ['messages.house_phone', OPTIONAL],
    ['messages.house_siret', OPTIONAL],
    ['messages.privacy_url', OPTIONAL],
    ['messages.reply_to', OPTIONAL],
    ['messages.sms_sender', OPTIONAL],
    ['messages.sms_stop', OPTIONAL],
    ['messages.default_country', TEXT],
    ['messages.frequency_cap.count', NUMBER],
    ['messages.frequency_cap.days', DAYS],
    ['messages.sms_hours.from', TIME],
    ['messages.sms_hours.to', TIME],
    ['messages.sms_hours.saturdays', SWITCH],
    ['messages.sms_hours.sundays', SWITCH],
    ['messages.sms_hours.holidays', SWITCH],
    ['messages.monthly_budget_cents', { kind: 'number', factor: 100 }],
    ['messages.sms_part_price_milli', { kind: 'number', factor: 10 }],
  ],
  publishing: [
    ['publishing.undo_secs', SECS],
    ['publishing.service_ends.midi', TIME],
    ['publishing.service_ends.soir', TIME],
    ['publishing.late.evergreen_max_late_secs', HOURS],
    ['publishing.late.evergreen_spacing_secs', MINUTES],
  ],
  notifications: [
    ['notifications.enabled', SWITCH],
    ['notifications.quiet_hours.enabled', SWITCH, 'notifications.enabled'],
    ['notifications.quiet_hours.from', TIME, 'notifications.quiet_hours.enabled'],
    ['notifications.quiet_hours.to', TIME, 'notifications.quiet_hours.enabled'],
  ],
  data: [
    ['backup.enabled', SWITCH],
    ['backup.keep_daily', COPIES, 'backup.enabled'],
    ['backup.keep_weekly', COPIES, 'backup.enabled'],
    ['backup.keep_before_migration', COPIES],
  ],
  advanced: [
    ['publishing.hand_over.facebook_min_secs', MINUTES],
    ['publishing.hand_over.facebook_max_secs', { kind: 'number', unit: 'days', factor: 86_400 }],
    ['publishing.lookup_waits_secs', { kind: 'numbers' }],
    ['api.port', { kind: 'number' }],
    [
      'logs.level',
      {
        kind: 'choice',
        options: LOG_LEVELS.map((value) => ({ value, label: `settings.logs_level_${value}` })),
      },
    ],
    ['logs.days', { kind: 'number', unit: 'days' }],
    ['logs.dir', { kind: 'text', optional: true }],
  ],
};

export const FIELDS: Field[] = Object.entries(TABLE).flatMap(([section, rows]) =>
  rows.map(([path, control, when]) => {
    const label = `settings.${path.replaceAll('.', '_')}` as MessageKey;
    const help = `${label}_help` as MessageKey;
    return {
      path,
      section: section as FieldSection,
      control,
      label,
      ...(maybe(help) === null ? {} : { help }),
      ...(when === undefined ? {} : { when }),
    };
  }),
);
