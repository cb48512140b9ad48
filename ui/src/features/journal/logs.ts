/** Reads technical log lines: JSON lines, objects already parsed, or the plain text form. */

export interface LogLine {
  at: string;
  level: 'ERROR' | 'WARN' | 'INFO' | 'DEBUG' | 'TRACE' | '';
  target: string;
  text: string;
}

const LEVELS = ['ERROR', 'WARN', 'INFO', 'DEBUG', 'TRACE'] as const;

function level(value: unknown): LogLine['level'] {
  const upper = String(value ?? '').toUpperCase();
  const known = upper === 'WARNING' ? 'WARN' : upper;
  return LEVELS.find((l) => l === known) ?? '';
}

function fromObject(o: Record<string, unknown>): LogLine {
  const fields =
    typeof o['fields'] === 'object' && o['fields'] !== null
      ? (o['fields'] as Record<string, unknown>)
      : {};
  const text = o['message'] ?? o['text'] ?? fields['message'] ?? '';
  const rest = Object.entries(fields)
    .filter(([key]) => key !== 'message')
    .map(([key, value]) => `${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`);
  return {
    at: String(o['timestamp'] ?? o['at'] ?? o['time'] ?? ''),
    level: level(o['level']),
    target: String(o['target'] ?? ''),
    text: [String(text), ...rest].join(' ').trim(),
  };
}

const PLAIN =
  /^(\d{4}-\d\d-\d\dT[\d:.]+Z?)\s+(ERROR|WARN|INFO|DEBUG|TRACE)\s+(?:([\w:]+):\s)?(.*)$/s;

export function readLogLine(line: unknown): LogLine {
  if (typeof line === 'object' && line !== null) return fromObject(line as Record<string, unknown>);
  const raw = String(line);
  if (raw.startsWith('{')) {
    try {
      return fromObject(JSON.parse(raw) as Record<string, unknown>);
    } catch {
      // A line cut by a power loss stays readable as plain text.
    }
  }
  const plain = PLAIN.exec(raw);
  if (!plain) return { at: '', level: '', target: '', text: raw };
  return {
    at: plain[1] ?? '',
    level: level(plain[2]),
    target: plain[3] ?? '',
    text: plain[4] ?? '',
  };
}
