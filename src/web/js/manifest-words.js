// SPDX-License-Identifier: Apache-2.0
// The words by which a stowage plan or a manifest is read, in English, German and Spanish, as folded() leaves them: small,
// without accents. Searching a word with a blank before and behind it, for not every browser can look behind.

/** " PKW: 1.340 Stück " as " pkw: 1.340 stuck "; what is no letter, digit or part of a number is a blank. */
export const folded = (text) => ` ${text.replaceAll("ß", "ss").normalize("NFD").replace(/\p{M}/gu, "").toLowerCase()
  .replace(/[‘’′`´]/g, "'").replace(/[^a-z0-9'.,:/&+-]+/g, " ").trim()} `;

const word = (words) => new RegExp(`[ /&+(,.:-](${words})(?=[ /&+),.:-])`);

// What names a cargo type; the first that fits. loose: the word may stand for something else as well.
export const CARGO = [
  { type: "reefer", is: word("reefers?|refrigerated( containers?)?|kuhlcontainer|refrigerados?|frigorificos?|[24][025] ?'? ?(rf|rh|re)|[24l][0-9]r[0-9et]") },
  { type: "container_20", is: word("20 ?(?:'|ft|feet|foot|fuss|pies)(?: ?(?:dv|dc|gp|st|ot|fr|tk|box|container)s?)?|20(?:dv|dc|gp|st|ot|fr|tk)|2[0-9][gtupbhsv][0-9pt]|container 20|20 container") },
  { type: "container_40", is: word("4[05] ?(?:'|ft|feet|foot|fuss|pies)(?: ?(?:hc|hq|dv|dc|gp|st|ot|fr|tk|box|container)s?)?|4[05](?:hc|hq|dv|dc|gp|st|ot|fr|tk)|[4l][0-9][gtupbhsv][0-9pt]|container 40|40 container") },
  { type: "heavy_equipment", is: word("heavy( (equipment|lifts?|machinery|units?))?|high and heavy|h&h|h/h|excavators?|bulldozers?|cranes?|wheel loaders?|loaders?|tractors?|agricultural|construction( machinery)?|machinery|schwergut|schwerlast|bagger|radlader|baumaschinen?|landmaschinen?|maquinaria( pesada)?|equipos? pesados?|excavadoras?|gruas?|tractores") },
  { type: "truck", is: word("trucks?|lorr(?:y|ies)|trailers?|semi-?trailers?|bus(?:es)?|lkw|lastwagen|lastkraftwagen|sattelzuge?|camion(?:es)?|remolques?|autobuses") },
  { type: "van", is: word("vans?|panel vans?|minibus(?:es)?|transporter|kleinbusse?|lieferwagen|kastenwagen|furgonetas?|furgon(?:es)?") },
  { type: "automobile", is: word("cars?|autos?|automobiles?|passenger (?:cars?|vehicles?)|saloons?|sedans?|suvs?|hatchbacks?|pkw|personenwagen|personenkraftwagen|coches?|turismos?|automoviles?") },
  { type: "automobile", is: word("vehicles?|fahrzeuge?|vehiculos?|units? rolling|rolling stock"), loose: true },
  { type: "breakbulk", is: word("break ?-?bulk|steel|coils?|pipes?|timber|pallets?|bundles?|stuckgut|stahl|rohre|holz|paletten?|bunde|carga fraccionada|acero|bobinas?|tubos?|madera|bultos") },
  { type: "general", is: word("general cargo|general|mixed cargo|project cargo|sammelgut|diverses?|carga general|varios") },
  { type: "container_20", is: word("containers?|contenedor(?:es)?|ctrs?|teus?"), loose: true },
];

/** The cargo type that a text names: {type, loose}, or null. */
export function cargoIn(text) {
  const line = folded(text);
  const found = CARGO.find(({ is }) => is.test(line));
  return found ? { type: found.type, loose: Boolean(found.loose) } : null;
}

// What a value is called where it stands behind its name, or in the column under it. Longest first within a row.
export const LABELS = [
  { field: "imo", is: "imo (?:no|nr|number|nummer|numero|num)|no imo|imo" },
  { field: "voyage", is: "voyage (?:no|nr|number)|voyage|voy(?: no)?|reise(?:nummer| nr| no)?|viaje(?: no)?" },
  { field: "line", is: "shipping line|line|carrier|operator|owner|principal|reederei|linie|reeder|naviera|linea|armador|operador" },
  { field: "eta", is: "eta|estimated (?:time of )?arrival|expected arrival|arrival|ankunft|voraussichtliche ankunft|llegada(?: estimada)?|arribo" },
  { field: "etd", is: "etd|estimated (?:time of )?departure|expected departure|departure|sailing|abfahrt|voraussichtliche abfahrt|auslaufen|salida(?: estimada)?|zarpe" },
  { field: "berth", is: "berth|quay|liegeplatz|kai|atraque|muelle" },
  { field: "vessel_type", is: "vessel type|ship type|type of vessel|schiffstyp|tipo de buque" },
  { field: "name", is: "vessel name|name of vessel|ship name|ship's name|vessel|ship|m/v|m\\.v\\.|mv|motor vessel|schiffsname|schiff|ms|nombre del buque|buque|nave|barco" },
];

// A row of sums, which counts nothing of its own.
export const TOTAL = /^ (?:(?:grand|sub|over ?all) ?-?)?(?:totals?|sums?|summe|gesamt(?:summe|zahl)?|zwischensumme|insgesamt|suma|totales|subtotal(?:es)?)(?=[ .,:/-])/;

// Heads of columns that hold how many and what.
export const QUANTITY = word("qty|quantity|quantities|units?|count|pcs|pieces|no of units|number of units|stuck(?:zahl)?|stk|anzahl|menge|einheiten|cantidad|cant|unidades|piezas|uds");
export const KIND = word("cargo(?: type)?|commodity|description|type|kind|size/type|iso(?: type| code)?|goods|ladung|ladungsart|warenart|ware|art|bezeichnung|typ|tipo|carga|mercancia|descripcion|clase");

/** Which kind of ship a text means; null: none. */
export function vesselTypeIn(text) {
  const line = folded(text);
  const kinds = [
    ["roro", "ro-?ro|ro/ro|pctc|pcc|car carrier|vehicle carrier|autotransporter"], ["multipurpose", "multi-?purpose|mpp|mpv|mehrzweck\\w*|polivalente"],
    ["container", "container(?: ship| vessel)?|containerschiff|portacontenedores"], ["bulk", "bulk(?: carrier|er)?|massengut\\w*|granelero"],
    ["general", "general cargo|stuckgut\\w*|carga general"],
  ];
  return kinds.find(([, words]) => word(words).test(line))?.[0] ?? null;
}
