/** What every screen knows about the house: the zone its wall clock hangs in. */
class House {
  zone = $state('Europe/Paris');

  /** « Paris » for Europe/Paris. */
  get zoneCity(): string {
    return this.zone.split('/').at(-1)?.replaceAll('_', ' ') ?? this.zone;
  }
}

export const house = new House();
