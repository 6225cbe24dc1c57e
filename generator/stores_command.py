"""`python -m generator stores`: a STORES_FILE of a French bakery chain that does not exist."""

import argparse
import csv
import io
from collections.abc import Sequence
from random import Random
from typing import NamedTuple

from generator import argument_types as types
from tillstream.stores import COLUMNS

MODE = "stores"
DEFAULT_ZONE = "Europe/Paris"


class Town(NamedTuple):
    """Where stores are: degrees, and how many of them, as a weight."""

    region: str
    name: str
    latitude: float
    longitude: float
    weight: int
    zone: str = DEFAULT_ZONE


TOWNS = (
    Town("Île-de-France", "Paris", 48.8566, 2.3522, 24),
    Town("Île-de-France", "Versailles", 48.8049, 2.1204, 4),
    Town("Île-de-France", "Saint-Denis", 48.9362, 2.3574, 3),
    Town("Auvergne-Rhône-Alpes", "Lyon", 45.7640, 4.8357, 11),
    Town("Auvergne-Rhône-Alpes", "Grenoble", 45.1885, 5.7245, 4),
    Town("Auvergne-Rhône-Alpes", "Annecy", 45.8992, 6.1294, 2),
    Town("Provence-Alpes-Côte d'Azur", "Marseille", 43.2965, 5.3698, 9),
    Town("Provence-Alpes-Côte d'Azur", "Nice", 43.7102, 7.2620, 5),
    Town("Provence-Alpes-Côte d'Azur", "Avignon", 43.9493, 4.8055, 2),
    Town("Occitanie", "Toulouse", 43.6047, 1.4442, 8),
    Town("Occitanie", "Montpellier", 43.6108, 3.8767, 5),
    Town("Nouvelle-Aquitaine", "Bordeaux", 44.8378, -0.5792, 7),
    Town("Nouvelle-Aquitaine", "La Rochelle", 46.1603, -1.1511, 2),
    Town("Hauts-de-France", "Lille", 50.6292, 3.0573, 7),
    Town("Hauts-de-France", "Amiens", 49.8941, 2.2958, 2),
    Town("Grand Est", "Strasbourg", 48.5734, 7.7521, 6),
    Town("Grand Est", "Reims", 49.2583, 4.0317, 3),
    Town("Bretagne", "Rennes", 48.1173, -1.6778, 5),
    Town("Bretagne", "Brest", 48.3904, -4.4861, 2),
    Town("Pays de la Loire", "Nantes", 47.2184, -1.5536, 6),
    Town("Normandie", "Rouen", 49.4432, 1.0999, 3),
    Town("Bourgogne-Franche-Comté", "Dijon", 47.3220, 5.0415, 3),
    Town("Centre-Val de Loire", "Tours", 47.3941, 0.6848, 3),
    Town("La Réunion", "Saint-Denis de La Réunion", -20.8789, 55.4481, 2, "Indian/Reunion"),
)
QUARTERS = (
    *("Gare", "Hôtel de Ville", "République", "Saint-Michel", "Les Halles", "Jean-Jaurès"),
    *("Bellevue", "La Poste", "Grand'Place", "Carnot", "Gambetta", "Victor-Hugo", "Les Remparts"),
    *("Saint-Pierre", "Le Port", "Université", "Croix-Rousse", "Les Jardins", "Clemenceau"),
    *("Pasteur", "Mairie", "Les Lilas", "Voltaire", "Saint-Jean", "Le Marché", "Foch"),
)
#: How often a week is kept, and the week; a baker closes on Monday or Sunday, or has a lunch break.
WEEKS = (
    (5, "Mo-Sa 06:30-19:30; Su 07:00-13:00"),
    (4, "Tu-Sa 06:30-19:30; Su 07:00-13:30; Mo off"),
    (4, "Mo-Sa 07:00-20:00; Su off"),
    (2, "Mo-Sa 06:30-13:30,15:30-19:30; Su off"),
    (2, "Mo-Su 06:00-20:30"),
)


def main(words: Sequence[str]) -> int:
    """Write the file; 0, or argparse's 2 with what is wrong."""
    parser = argparse.ArgumentParser(prog="python -m generator stores", description=__doc__)
    whole = types.whole("stores", "--stores 120", most=5_000)
    parser.add_argument("--stores", type=whole, default=120, help="how many (default: 120)")
    parser.add_argument("--seed", type=int, default=1, help="another seed, another chain")
    parser.add_argument("--file", type=types.writable_file, required=True, metavar="FILE")
    options = parser.parse_args(words)
    options.file.write_text(text(options.seed, options.stores), encoding="utf-8", newline="")
    return 0


def text(seed: int, stores: int) -> str:
    """The file: the same for the same seed; of more stores it begins with the same ones."""
    random = Random(f"{seed}/stores file")
    taken: dict[str, int] = {}
    out = io.StringIO()
    writer = csv.DictWriter(out, COLUMNS, lineterminator="\n")
    writer.writeheader()
    for number in range(1, stores + 1):
        town = random.choices(TOWNS, [each.weight for each in TOWNS])[0]
        name = f"{town.name} {random.choice(QUARTERS)}"
        taken[name] = again = taken.get(name, 0) + 1
        writer.writerow(
            {
                "storeID": number,
                "name": name if again == 1 else f"{name} {again}",
                "region": town.region,
                "latitude": f"{town.latitude + random.uniform(-0.04, 0.04):.4f}",
                "longitude": f"{town.longitude + random.uniform(-0.05, 0.05):.4f}",
                "zone": "" if town.zone == DEFAULT_ZONE else town.zone,
                "openingHours": random.choices([w for _, w in WEEKS], [n for n, _ in WEEKS])[0],
            }
        )
    return out.getvalue()
