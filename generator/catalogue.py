"""What the bakeries sell: products in nine categories, shelf prices and French VAT rates."""

from dataclasses import dataclass

#: VAT rates in thousandths: 55 is 5.5%.
REDUCED = 55
INTERMEDIATE = 100
STANDARD = 200

#: Category codes and names of the French till format.
CATEGORIES = {
    "A": "Boisson",
    "B": "Menu",
    "C": "Sandwich Froid",
    "D": "Viennoiserie",
    "E": "Pain",
    "F": "Sandwich Chaud",
    "G": "Pizza",
    "H": "Patisserie",
    "I": "Confiserie",
}


@dataclass(frozen=True, eq=False, slots=True)
class Product:
    """An article; the catalogue holds each once, so they are compared by identity.

    `price` is the shelf price to take away, in cents, VAT included.
    `unit` is `piece` or `kg`; `weight` is how often it is picked among its category.
    `vat` is the rate to take away, in thousandths; `alcohol` marks what always bears 20%.
    """

    code: str
    description: str
    category_code: str
    price: int
    vat: int
    weight: int
    unit: str = "piece"
    alcohol: bool = False

    @property
    def category(self) -> str:
        """The name of its category."""
        return CATEGORIES[self.category_code]


def vat_rate(product: Product, eat_in: bool) -> int:
    """The VAT rate of a sale in metropolitan France, in thousandths.

    - Food and soft drinks: 5.5% (CGI art. 278-0 bis, A, 1°). Bread, viennoiserie and pastry
      are taken not to be for immediate consumption, nor are drinks in closed bottles or cans
      (BOI-TVA-LIQ-30-10-10).
    - Sold to take away but made to be eaten at once: 10% (CGI art. 279, n): sandwiches, pizza,
      salads with cutlery, anything hot, drinks in a cup. A menu at one price that is not
      broken down bears the highest of its rates, here 10%.
    - Eaten in the shop: 10% for all but alcohol (CGI art. 279, m).
    - Confectionery, milk, white and filled chocolate in bars, alcohol: 20% (CGI art. 278, as
      278-0 bis, A, 1° leaves them out); plain dark chocolate and chocolates of the size of a
      mouthful remain at 5.5%.
    """
    if eat_in and not product.alcohol:
        return INTERMEDIATE
    return product.vat


#: Number, category, description, shelf price in cents, VAT, weight; prices of kg are per kg.
_PIECES = """
101 A 100 300 Café expresso           |  150
102 A 100 120 Café allongé            |  180
103 A 100 100 Cappuccino              |  290
104 A 100  60 Thé en gobelet          |  200
105 A 100  70 Chocolat chaud          |  290
106 A  55 260 Eau minérale 50 cl      |  120
107 A  55 170 Cola canette 33 cl      |  180
108 A  55 140 Thé glacé canette 33 cl |  180
109 A  55 110 Jus d'orange 25 cl      |  230
110 A 200  25 Bière blonde 33 cl      |  300
111 A 200  12 Cidre brut 75 cl        |  480
201 B 100 320 Formule sandwich        |  890
202 B 100 180 Formule salade          | 1090
203 B 100 150 Formule panini          |  950
204 B 100 120 Formule petit déjeuner  |  420
205 B 100  60 Formule enfant          |  650
301 C 100 320 Jambon beurre           |  440
302 C 100 240 Poulet crudités         |  520
303 C 100 180 Thon mayonnaise         |  520
304 C 100 110 Club saumon             |  590
305 C 100 100 Wrap végétarien         |  550
306 C 100 120 Salade César et couvert |  750
401 D  55 420 Croissant               |  120
402 D  55 400 Pain au chocolat        |  135
403 D  55 150 Pain aux raisins        |  180
404 D  55 130 Chausson aux pommes     |  190
405 D  55  90 Brioche                 |  160
406 D  55  80 Croissant aux amandes   |  250
407 D  55 120 Pain suisse             |  220
408 D  55 110 Chouquettes, les dix    |  300
501 E  55 420 Baguette                |  110
502 E  55 600 Baguette de tradition   |  130
503 E  55 110 Baguette aux céréales   |  160
504 E  55  90 Pain de campagne 400 g  |  280
505 E  55  70 Pain complet 400 g      |  290
506 E  55  50 Pain de seigle 300 g    |  270
507 E  55  60 Boule de levain 500 g   |  370
508 E  55  70 Ficelle                 |   90
509 E  55  40 Pain de mie             |  320
601 F 100 220 Panini trois fromages   |  570
602 F 100 200 Croque-monsieur         |  480
603 F 100 110 Hot-dog                 |  450
604 F 100 180 Quiche lorraine chaude  |  420
605 F 100  90 Kebab maison            |  650
701 G 100 260 Pizza margherita, part  |  370
702 G 100 210 Pizza reine, part       |  420
703 G 100 120 Pizza chèvre miel, part |  430
704 G 100  60 Pizza reine entière     | 1190
801 H  55 240 Éclair au chocolat      |  280
802 H  55 170 Éclair au café          |  280
803 H  55 150 Tartelette au citron    |  320
804 H  55 140 Tartelette aux fraises  |  380
805 H  55 160 Mille-feuille           |  350
806 H  55 100 Paris-Brest             |  390
807 H  55 210 Flan pâtissier, part    |  250
808 H  55 130 Cookie                  |  200
809 H  55  40 Fraisier, 6 personnes   | 2600
810 H  55  40 Tarte aux pommes, 6 p.  | 1600
901 I 200 120 Sucette                 |   80
902 I 200 100 Sachet de bonbons       |  250
903 I 200  90 Guimauve                |  120
904 I 200  70 Chocolat au lait 100 g  |  330
905 I  55  60 Chocolat noir 100 g     |  330
"""

#: Prices per kg are chosen so that 50 g of it are whole cents net of tax.
_BY_WEIGHT = (
    Product("00000510", "Pain à la coupe", "E", 844, REDUCED, 60, unit="kg"),
    Product("00000906", "Dragées", "I", 3600, STANDARD, 50, unit="kg"),
    Product("00000907", "Bonbons de chocolat", "I", 6330, REDUCED, 60, unit="kg"),
)

_ALCOHOL = {"00000110", "00000111"}


def _product(row: str) -> Product:
    left, price = row.split("|")
    number, category, vat, weight, description = left.split(maxsplit=4)
    code = f"{int(number):08d}"
    return Product(
        code=code,
        description=description.strip(),
        category_code=category,
        price=int(price),
        vat=int(vat),
        weight=int(weight),
        alcohol=code in _ALCOHOL,
    )


PRODUCTS: tuple[Product, ...] = (
    *(_product(row) for row in _PIECES.strip().splitlines()),
    *_BY_WEIGHT,
)


def products_of(category_code: str, *, among: tuple[str, ...] = ()) -> tuple[Product, ...]:
    """The products of a category, or those of them whose descriptions begin like `among`."""
    return tuple(
        product
        for product in PRODUCTS
        if product.category_code == category_code
        and (not among or product.description.startswith(among))
    )
