/** Names and neutral signs of the networks. Everything else about them comes from the engine. */
export interface PlatformLook {
  name: string;
  letter: string;
  colour: string;
  shape: string;
}

const LOOKS: Record<string, PlatformLook> = {
  facebook: { name: 'Facebook', letter: 'F', colour: '#2b5fa8', shape: 'rounded-[28%]' },
  instagram: { name: 'Instagram', letter: 'I', colour: '#a5386f', shape: 'rounded-[38%]' },
  bluesky: { name: 'Bluesky', letter: 'B', colour: '#1668b8', shape: 'rounded-full' },
  mastodon: {
    name: 'Mastodon',
    letter: 'M',
    colour: '#5a4bb5',
    shape: 'rounded-[42%_42%_42%_14%]',
  },
  telegram: {
    name: 'Telegram',
    letter: 'T',
    colour: '#1f6f99',
    shape: 'rounded-[50%_50%_14%_50%]',
  },
  threads: { name: 'Threads', letter: 'T', colour: '#3d3935', shape: 'rounded-[45%_28%_45%_28%]' },
  google_business: {
    name: 'Google',
    letter: 'G',
    colour: '#2f5fa8',
    shape: 'rounded-[50%_50%_50%_14%]',
  },
  pinterest: {
    name: 'Pinterest',
    letter: 'P',
    colour: '#a32b2b',
    shape: 'rounded-[14%_50%_50%_50%]',
  },
  linkedin: { name: 'LinkedIn', letter: 'L', colour: '#24598f', shape: 'rounded-[16%]' },
  x: { name: 'X', letter: 'X', colour: '#3a3f45', shape: 'rounded-[46%]' },
};

export function platformLook(platform: string): PlatformLook {
  return (
    LOOKS[platform] ?? {
      name: platform,
      letter: platform.slice(0, 1).toUpperCase(),
      colour: '#53605f',
      shape: 'rounded-[28%]',
    }
  );
}

export const platformName = (platform: string): string => platformLook(platform).name;
