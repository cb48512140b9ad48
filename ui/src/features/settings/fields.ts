/**
 * Where each setting stands on the screen and how it is edited. Paths are those of
 * `config/settings.json`; bounds and defaults come from the engine's schema, not from here.
 * Language and theme have their own controls, because this page also keeps them.
 */
import type { MessageKey } from '$lib/i18n/index.svelte';

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

const MINUTE = 60;
const HOUR = 3600;
const DAY = 86_400;

export const FIELDS: Field[] = [
  { path: 'house.name', section: 'house', control: { kind: 'text' }, label: 'settings.house_name' },
  { path: 'house.city', section: 'house', control: { kind: 'text' }, label: 'settings.house_city' },
  {
    path: 'house.timezone',
    section: 'house',
    control: { kind: 'zone' },
    label: 'settings.house_timezone',
    help: 'settings.house_timezone_help',
  },
  {
    path: 'publishing.undo_secs',
    section: 'publishing',
    control: { kind: 'number', unit: 'secs' },
    label: 'settings.publishing_undo_secs',
    help: 'settings.publishing_undo_secs_help',
  },
  {
    path: 'publishing.service_ends.midi',
    section: 'publishing',
    control: { kind: 'time' },
    label: 'settings.publishing_service_ends_midi',
    help: 'settings.publishing_service_ends_midi_help',
  },
  {
    path: 'publishing.service_ends.soir',
    section: 'publishing',
    control: { kind: 'time' },
    label: 'settings.publishing_service_ends_soir',
    help: 'settings.publishing_service_ends_soir_help',
  },
  {
    path: 'publishing.late.evergreen_max_late_secs',
    section: 'publishing',
    control: { kind: 'number', unit: 'hours', factor: HOUR },
    label: 'settings.publishing_late_evergreen_max_late_secs',
    help: 'settings.publishing_late_evergreen_max_late_secs_help',
  },
  {
    path: 'publishing.late.evergreen_spacing_secs',
    section: 'publishing',
    control: { kind: 'number', unit: 'minutes', factor: MINUTE },
    label: 'settings.publishing_late_evergreen_spacing_secs',
    help: 'settings.publishing_late_evergreen_spacing_secs_help',
  },
  {
    path: 'notifications.enabled',
    section: 'notifications',
    control: { kind: 'switch' },
    label: 'settings.notifications_enabled',
    help: 'settings.notifications_enabled_help',
  },
  {
    path: 'notifications.quiet_hours.enabled',
    section: 'notifications',
    control: { kind: 'switch' },
    label: 'settings.notifications_quiet_hours_enabled',
    help: 'settings.notifications_quiet_hours_enabled_help',
    when: 'notifications.enabled',
  },
  {
    path: 'notifications.quiet_hours.from',
    section: 'notifications',
    control: { kind: 'time' },
    label: 'settings.notifications_quiet_hours_from',
    when: 'notifications.quiet_hours.enabled',
  },
  {
    path: 'notifications.quiet_hours.to',
    section: 'notifications',
    control: { kind: 'time' },
    label: 'settings.notifications_quiet_hours_to',
    when: 'notifications.quiet_hours.enabled',
  },
  {
    path: 'backup.enabled',
    section: 'data',
    control: { kind: 'switch' },
    label: 'settings.backup_enabled',
    help: 'settings.backup_enabled_help',
  },
  {
    path: 'backup.keep_daily',
    section: 'data',
    control: { kind: 'number', unit: 'copies' },
    label: 'settings.backup_keep_daily',
    when: 'backup.enabled',
  },
  {
    path: 'backup.keep_weekly',
    section: 'data',
    control: { kind: 'number', unit: 'copies' },
    label: 'settings.backup_keep_weekly',
    when: 'backup.enabled',
  },
  {
    path: 'backup.keep_before_migration',
    section: 'data',
    control: { kind: 'number', unit: 'copies' },
    label: 'settings.backup_keep_before_migration',
  },
  {
    path: 'publishing.hand_over.facebook_min_secs',
    section: 'advanced',
    control: { kind: 'number', unit: 'minutes', factor: MINUTE },
    label: 'settings.publishing_hand_over_facebook_min_secs',
    help: 'settings.publishing_hand_over_facebook_min_secs_help',
  },
  {
    path: 'publishing.hand_over.facebook_max_secs',
    section: 'advanced',
    control: { kind: 'number', unit: 'days', factor: DAY },
    label: 'settings.publishing_hand_over_facebook_max_secs',
    help: 'settings.publishing_hand_over_facebook_max_secs_help',
  },
  {
    path: 'publishing.lookup_waits_secs',
    section: 'advanced',
    control: { kind: 'numbers' },
    label: 'settings.publishing_lookup_waits_secs',
    help: 'settings.publishing_lookup_waits_secs_help',
  },
  {
    path: 'api.port',
    section: 'advanced',
    control: { kind: 'number' },
    label: 'settings.api_port',
    help: 'settings.api_port_help',
  },
  {
    path: 'logs.level',
    section: 'advanced',
    control: {
      kind: 'choice',
      options: [
        { value: 'error', label: 'settings.logs_level_error' },
        { value: 'warn', label: 'settings.logs_level_warn' },
        { value: 'info', label: 'settings.logs_level_info' },
        { value: 'debug', label: 'settings.logs_level_debug' },
        { value: 'trace', label: 'settings.logs_level_trace' },
      ],
    },
    label: 'settings.logs_level',
  },
  {
    path: 'logs.days',
    section: 'advanced',
    control: { kind: 'number', unit: 'days' },
    label: 'settings.logs_days',
  },
  {
    path: 'logs.dir',
    section: 'advanced',
    control: { kind: 'text', optional: true },
    label: 'settings.logs_dir',
    help: 'settings.logs_dir_help',
  },
];
