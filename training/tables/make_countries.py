#!/usr/bin/env python3
"""Writes countries.tsv: one row for each country or territory of ISO 3166-1, and Kosovo.

Inputs, all by name and version:
  npm  cldr-localenames-full 48.2.0  Unicode-3.0  names in en, zh, zh-Hant, zh-Hant-HK
  npm  cldr-core             48.2.0  Unicode-3.0  who is a member of the United Nations
  PyPI countryinfo           1.0.1   MIT          capitals, long English names, demonyms
and the hand list below, which wins over all three.

  python3 -m venv .venv && .venv/bin/pip install -r requirements.txt
  .venv/bin/python make_countries.py            # writes src/pipeline/sides/countries.tsv
  .venv/bin/python make_countries.py --check    # fails if countries.tsv would change

The npm packages are taken with `npm pack NAME@VERSION`, or from a folder that already
holds the .tgz files (--npm-dir).
"""

import argparse
import importlib.resources
import json
import pathlib
import re
import subprocess
import sys
import tarfile
import tempfile
import unicodedata

CLDR_VERSION = "48.2.0"
COUNTRYINFO_VERSION = "1.0.1"

# Region codes of CLDR that are not in ISO 3166-1: groupings, pseudo locales, exceptional
# reservations. XK (Kosovo) is not in ISO 3166-1 either, but it is kept.
NOT_ISO = set("AC CP CQ DG EA EU EZ IC QO TA UN XA XB ZZ".split())

# CLDR's short variant is the name in use here; for all others the standard name is.
USE_SHORT_NAME = set("HK MM MO PS".split())
# CLDR's standard name is written for lists ("Congo - Kinshasa"); nobody writes it in a text.
NAME = {"CD": "DR Congo", "CG": "Republic of the Congo"}

# What countryinfo holds and this table must not.
DROP_NAMES = {
    "Kyrgyz Respublikasy", "Togolese", "Republic of Macedonia", "Republic of Myanmar",
    "Kingdom of Swaziland", "Federation of Saint Christopher and Nevis",
}

# Words with which an official long name in English begins. countryinfo mixes languages in one
# list; only names that match are taken from it.
LONG_NAME = re.compile(
    r"^(Republic|Kingdom|State|Sultanate|Principality|Commonwealth|Federal|Federative|Federation|"
    r"Grand Duchy|Independent State|Islamic Republic|People's|Democratic|Socialist|Plurinational|"
    r"Bolivarian|United|Union of|Hashemite|Arab Republic|Oriental|Eastern Republic|Co-operative|"
    r"Hellenic|Italian|French|Portuguese|Argentine|Slovak|Swiss|Russian|Syrian|Lebanese|Yemeni|"
    r"Gabonese|Togolese|Kyrgyz|Lao People's|Territory of|Bailiwick of)\b[ A-Za-z'\-éãíôç]*$")
NOT_ENGLISH = re.compile(r"\b(du|de la|de|da|y'u|bilong|ya|ko)\b")

# The hand list. CODE ; more English names ; demonyms ; capitals.
# Names and capitals are added to the packages' (a capital field that starts with '=' replaces
# countryinfo's). Demonyms replace countryinfo's; '+' after one also gives its plural in -s.
# The adjective comes first; '~' stands for a comma inside a name. "Capital" includes a seat of government where it is another city.
HAND = """
AD ; ; Andorran+ ;
AE ; UAE, U.A.E., Emirates ; Emirati+ ;
AF ; Islamic Emirate of Afghanistan ; Afghan+ ;
AG ; Antigua ; Antiguan+, Barbudan+ ; Saint John's, St. John's
AI ; ; Anguillian+ ;
AL ; ; Albanian+ ;
AM ; ; Armenian+ ;
AO ; ; Angolan+ ;
AQ ; ; Antarctic ;
AR ; ; Argentine+, Argentinian+, Argentinean+ ;
AS ; ; American Samoan+ ;
AT ; ; Austrian+ ;
AU ; Commonwealth of Australia ; Australian+, Aussie+ ;
AW ; ; Aruban+ ;
AX ; Aland ; Ålander+ ;
AZ ; ; Azerbaijani+, Azeri+ ;
BA ; BiH, Bosnia, Bosnia-Herzegovina ; Bosnian+, Herzegovinian+, Bosnian and Herzegovinian ;
BB ; ; Barbadian+, Bajan+ ;
BD ; ; Bangladeshi+ ; Dacca
BE ; ; Belgian+ ;
BF ; ; Burkinabe, Burkinabè, Burkinabé ;
BG ; ; Bulgarian+ ;
BH ; ; Bahraini+ ;
BI ; ; Burundian+ ; Gitega
BJ ; ; Beninese ; Cotonou
BL ; Saint Barthélemy, St. Barts ; Barthélemois ;
BM ; ; Bermudian+ ;
BN ; Brunei Darussalam, Negara Brunei Darussalam ; Bruneian+ ;
BO ; ; Bolivian+ ; La Paz
BQ ; Bonaire~ Sint Eustatius and Saba, BES Islands ; Bonairean+, Saban+ ; =Kralendijk
BR ; ; Brazilian+ ;
BS ; The Bahamas ; Bahamian+ ; Nassau
BT ; ; Bhutanese ;
BV ; ; ;
BW ; ; Botswanan+, Motswana, Batswana ;
BY ; Byelorussia, Belorussia ; Belarusian+, Belarussian+, Byelorussian+ ;
BZ ; ; Belizean+ ;
CA ; ; Canadian+ ;
CC ; Keeling Islands ; Cocos Islander+ ;
CD ; Democratic Republic of the Congo, Democratic Republic of Congo, DRC, D.R.C., Congo-Kinshasa, Zaire ; Congolese, Zairian+ ;
CF ; CAR ; Central African+ ;
CG ; Republic of Congo, Congo, Congo-Brazzaville, Congo Republic ; Congolese, Congo-Brazzaville ;
CH ; ; Swiss ; Berne
CI ; Republic of Côte d'Ivoire ; Ivorian+, Ivoirian+ ; Abidjan
CK ; ; Cook Islander+ ;
CL ; ; Chilean+ ; Santiago de Chile
CM ; ; Cameroonian+, Cameroonese ;
CN ; PRC, P.R.C., P.R. China, People's China, Mainland China ; Chinese ; Peking
CO ; ; Colombian+ ; Bogota
CR ; ; Costa Rican+ ;
CU ; ; Cuban+ ; La Habana
CV ; ; Cape Verdean+, Cabo Verdean+, Cape Verdian+ ;
CW ; ; Curaçaoan+ ;
CX ; ; Christmas Islander+ ;
CY ; ; Cypriot+, Greek Cypriot+ ; Lefkosia
CZ ; ; Czech+ ;
DE ; FRG ; German+ ;
DJ ; ; Djiboutian+ ; Djibouti City
DK ; Realm of Denmark ; Danish, Dane+ ;
DM ; ; Dominican+ ;
DO ; ; Dominican+ ;
DZ ; ; Algerian+ ;
EC ; ; Ecuadorian+, Ecuadorean+, Ecuadoran+ ;
EE ; ; Estonian+ ;
EG ; ; Egyptian+ ;
EH ; Sahrawi Arab Democratic Republic, SADR ; Sahrawi+, Western Saharan+ ; Laayoune
ER ; ; Eritrean+ ;
ES ; ; Spanish, Spaniard+ ;
ET ; ; Ethiopian+ ;
FI ; ; Finnish, Finn+ ;
FJ ; Fiji Islands ; Fijian+, Fiji ;
FK ; Falklands ; Falkland Islander+, Falklander+ ;
FM ; FSM, Federated States of Micronesia ; Micronesian+ ;
FO ; Faroes ; Faroese, Faroe Islander+ ;
FR ; ; French, Frenchman, Frenchmen, Frenchwoman ;
GA ; ; Gabonese ;
GB ; UK, U.K., Britain, Great Britain, England, Scotland, Wales, Northern Ireland ; British, Briton+, Brit+, UK, English, Scottish, Welsh ;
GD ; ; Grenadian+ ; St. George's, Saint George's
GE ; Republic of Georgia ; Georgian+ ;
GF ; ; French Guianese, Guianese ;
GG ; ; Channel Islander+, Guernseyman, Guernseymen ; Saint Peter Port, St Peter Port
GH ; ; Ghanaian+ ;
GI ; ; Gibraltarian+ ;
GL ; Kalaallit Nunaat ; Greenlandic, Greenlander+ ; Godthåb
GM ; The Gambia, Republic of The Gambia ; Gambian+ ;
GN ; Guinea-Conakry ; Guinean+ ;
GP ; ; Guadeloupean+, Guadeloupian+ ;
GQ ; ; Equatorial Guinean+, Equatoguinean+ ; Ciudad de la Paz
GR ; Hellas ; Greek+, Hellenic ;
GS ; South Georgia and the South Sandwich Islands ; South Georgian+ ;
GT ; ; Guatemalan+ ;
GU ; ; Guamanian+ ;
GW ; ; Bissau-Guinean+, Guinea-Bissauan+ ;
GY ; ; Guyanese ;
HK ; Hong Kong SAR, HKSAR, Hong Kong Special Administrative Region ; Hong Konger+, Hongkonger+ ; =Hong Kong
HM ; ; ;
HN ; ; Honduran+ ;
HR ; ; Croatian+, Croat+ ;
HT ; ; Haitian+ ;
HU ; Republic of Hungary ; Hungarian+, Magyar+ ;
ID ; ; Indonesian+ ; Nusantara
IE ; Eire, Éire, Irish Republic, Republic of Ireland ; Irish, Irishman, Irishmen, Irishwoman ;
IL ; ; Israeli+ ;
IM ; ; Manx, Manxman, Manxmen ;
IN ; Bharat, Hindustan ; Indian+ ; Delhi
IO ; BIOT ; Chagossian+ ;
IQ ; ; Iraqi+ ;
IR ; Persia ; Iranian+, Persian+ ; Teheran
IS ; ; Icelandic, Icelander+ ; Reykjavík
IT ; ; Italian+ ;
JE ; ; Channel Islander+, Jerseyman, Jerseymen ; St. Helier, St Helier
JM ; ; Jamaican+ ;
JO ; ; Jordanian+ ;
JP ; Nippon ; Japanese ;
KE ; ; Kenyan+ ;
KG ; Kirghizia, Kirgizstan ; Kyrgyz, Kyrgyzstani+, Kirghiz ;
KH ; Kampuchea ; Cambodian+, Khmer ;
KI ; ; I-Kiribati, Kiribatian+ ; Tarawa
KM ; Comoro Islands ; Comorian+, Comoran+ ;
KN ; Saint Kitts, Federation of Saint Kitts and Nevis, Saint Christopher and Nevis ; Kittitian+, Nevisian+, Kittitian and Nevisian ;
KP ; DPRK, D.P.R.K., DPR Korea ; North Korean+, DPRK ;
KR ; ROK, R.O.K., Korea ; South Korean+, Korean+, ROK ;
KW ; ; Kuwaiti+ ; Kuwait
KY ; Caymans ; Caymanian+ ;
KZ ; ; Kazakhstani+, Kazakh+ ; =Astana, Nur-Sultan, Almaty
LA ; Lao PDR, LPDR ; Lao, Laotian+ ;
LB ; ; Lebanese ;
LC ; ; Saint Lucian+, St. Lucian+ ;
LI ; ; Liechtensteiner+, Liechtenstein ;
LK ; Ceylon ; Sri Lankan+ ; Sri Jayawardenepura Kotte
LR ; ; Liberian+ ;
LS ; ; Lesothan+, Basotho, Mosotho ;
LT ; ; Lithuanian+ ;
LU ; ; Luxembourgish, Luxembourger+, Luxembourgian+ ; Luxembourg City
LV ; ; Latvian+ ;
LY ; ; Libyan+ ;
MA ; ; Moroccan+ ;
MC ; ; Monegasque+, Monégasque+, Monacan+ ; Monaco-Ville
MD ; Moldavia ; Moldovan+, Moldavian+ ; Kishinev, Chisinau
ME ; ; Montenegrin+ ;
MF ; Saint Martin, Collectivity of Saint Martin ; Saint-Martinois ;
MG ; Malagasy Republic ; Malagasy, Madagascan+ ;
MH ; Marshalls, RMI ; Marshallese ;
MK ; Republic of North Macedonia, Macedonia, FYROM ; Macedonian+, North Macedonian+ ;
ML ; ; Malian+ ;
MM ; Burma, Republic of the Union of Myanmar, Union of Myanmar ; Myanmar, Burmese, Myanma ; Nay Pyi Taw, Naypyitaw, Rangoon, Yangon
MN ; Mongolian People's Republic, Outer Mongolia ; Mongolian+, Mongol+ ; Ulan Bator, Ulan-Bator
MO ; Macau, Macao SAR, Macau SAR ; Macanese ; =Macao, Macau
MP ; Northern Marianas, CNMI ; Northern Mariana Islander+ ;
MQ ; ; Martinican+, Martiniquan+ ;
MR ; ; Mauritanian+ ;
MS ; ; Montserratian+ ; Brades
MT ; ; Maltese ;
MU ; ; Mauritian+ ;
MV ; ; Maldivian+, Maldivan+ ;
MW ; ; Malawian+ ;
MX ; ; Mexican+ ; CDMX
MY ; ; Malaysian+ ; Putrajaya
MZ ; ; Mozambican+ ; Lourenço Marques
NA ; South West Africa ; Namibian+ ;
NC ; ; New Caledonian+ ;
NE ; ; Nigerien+, Nigerois ;
NF ; ; Norfolk Islander+ ;
NG ; ; Nigerian+ ;
NI ; ; Nicaraguan+ ;
NL ; The Netherlands, Holland ; Dutch, Netherlander+, Dutchman, Dutchmen, Netherlands ; The Hague
NO ; ; Norwegian+ ;
NP ; ; Nepali+, Nepalese ; Katmandu
NR ; ; Nauruan+ ;
NU ; ; Niuean+ ;
NZ ; Aotearoa, Aotearoa New Zealand ; New Zealander+, New Zealand, Kiwi+ ;
OM ; ; Omani+ ;
PA ; ; Panamanian+ ; Panama
PE ; ; Peruvian+ ;
PF ; Tahiti ; French Polynesian+, Tahitian+ ; =Papeete
PG ; PNG ; Papua New Guinean+, Papuan+ ;
PH ; The Philippines, Republic of the Philippines ; Philippine, Filipino+, Filipina+ ; Metro Manila
PK ; ; Pakistani+ ;
PL ; ; Polish, Pole+ ;
PM ; Saint Pierre and Miquelon ; Saint-Pierrais, Miquelonnais ;
PN ; Pitcairn ; Pitcairn Islander+ ;
PR ; ; Puerto Rican+ ;
PS ; State of Palestine, Palestinian Authority, Palestinian National Authority, Occupied Palestinian Territory, PLO ; Palestinian+ ; =Ramallah, East Jerusalem
PT ; ; Portuguese ;
PW ; ; Palauan+ ;
PY ; ; Paraguayan+ ; Asuncion
QA ; ; Qatari+ ;
RE ; ; Réunionese, Réunionnais ;
RO ; Rumania, Roumania ; Romanian+ ;
RS ; Republic of Serbia ; Serbian+, Serb+ ;
RU ; Russian Federation ; Russian+ ;
RW ; ; Rwandan+, Rwandese ;
SA ; KSA ; Saudi Arabian+, Saudi+ ;
SB ; Solomons ; Solomon Islander+ ;
SC ; ; Seychellois, Seychelloise ;
SD ; Republic of Sudan ; Sudanese ;
SE ; ; Swedish, Swede+ ;
SG ; ; Singaporean+, Singapore ;
SH ; Saint Helena~ Ascension and Tristan da Cunha ; Saint Helenian+ ;
SI ; ; Slovenian+, Slovene+ ;
SJ ; Svalbard ; ;
SK ; ; Slovak+, Slovakian+ ;
SL ; ; Sierra Leonean+ ;
SM ; ; Sammarinese, San Marinese ; San Marino
SN ; ; Senegalese ;
SO ; ; Somali+, Somalian+ ;
SR ; Surinam ; Surinamese, Surinamer+ ;
SS ; ; South Sudanese ;
ST ; ; São Toméan+, Santomean+, Sao Tomean+ ;
SV ; Salvador ; Salvadoran+, Salvadorean+, Salvadorian+ ;
SX ; St. Maarten ; Sint Maartener+ ;
SY ; ; Syrian+ ;
SZ ; Kingdom of Eswatini, eSwatini ; Swazi+, Emaswati, Liswati ; Mbabane
TC ; ; Turks and Caicos Islander+ ; =Cockburn Town
TD ; ; Chadian+ ; Ndjamena
TF ; ; ;
TG ; ; Togolese ;
TH ; Siam ; Thai+ ; Krung Thep
TJ ; Tadzhikistan ; Tajik+, Tajikistani+, Tadzhik+ ;
TK ; ; Tokelauan+ ; =Nukunonu
TL ; East Timor ; Timorese, East Timorese ;
TM ; Turkmenia ; Turkmen+ ; Ashkhabad
TN ; ; Tunisian+ ;
TO ; ; Tongan+ ;
TR ; Republic of Türkiye, Turkey, Republic of Turkey ; Turkish, Turk+ ;
TT ; Trinidad, T&T ; Trinidadian+, Tobagonian+, Trinidadian and Tobagonian ;
TV ; Ellice Islands ; Tuvaluan+ ; Vaiaku
TW ; Chinese Taipei, Republic of China, ROC, Formosa ; Taiwanese ;
TZ ; ; Tanzanian+ ; Dar es Salaam
UA ; ; Ukrainian+ ; Kiev, Kyyiv
UG ; ; Ugandan+ ;
UM ; U.S. Minor Outlying Islands, United States Minor Outlying Islands ; ;
US ; US, U.S., USA, U.S.A., United States of America, America ; American+, U.S., US ; =Washington, Washington~ D.C., Washington D.C., Washington~ DC, Washington DC, D.C.
UY ; ; Uruguayan+ ;
UZ ; ; Uzbek+, Uzbekistani+ ;
VA ; Holy See, Vatican, Vatican City State, Apostolic See ; Vatican, Vaticanian ; =Vatican City
VC ; Saint Vincent and the Grenadines, St. Vincent and the Grenadines, St. Vincent ; Vincentian+, Saint Vincentian+ ;
VE ; ; Venezuelan+ ;
VG ; BVI, Virgin Islands (British) ; British Virgin Islander+ ;
VI ; USVI, Virgin Islands of the United States ; U.S. Virgin Islander+, Virgin Islander+ ;
VN ; Viet Nam, SRV ; Vietnamese ; Ha Noi
VU ; New Hebrides ; Vanuatuan+, Ni-Vanuatu ;
WF ; Wallis and Futuna Islands ; Wallisian+, Futunan+ ;
WS ; Western Samoa ; Samoan+ ;
XK ; Republic of Kosovo, Kosova ; Kosovar+, Kosovan+, Kosovo Albanian+ ; =Pristina, Prishtina, Priština
YE ; ; Yemeni+, Yemenite+ ; Sanaa, Aden
YT ; ; Mahoran+, Mahorais ;
ZA ; RSA ; South African+ ; Cape Town, Tshwane
ZM ; ; Zambian+ ;
ZW ; Rhodesia ; Zimbabwean+ ;
"""

# Long and current Chinese names that CLDR does not give: CODE simplified ; traditional.
ZH_MORE = """
AE 阿联酋 ; 阿聯酋,阿聯
AF 阿富汗伊斯兰酋长国 ; 阿富汗伊斯蘭酋長國
AU 澳洲,澳大利亚联邦 ; 澳大利亞,澳大利亞聯邦
BA 波黑 ; 波赫,波黑
BN 文莱达鲁萨兰国 ; 汶萊和平之國
BR 巴西联邦共和国 ; 巴西聯邦共和國
BY 白俄罗斯共和国 ; 白俄羅斯共和國
CD 刚果民主共和国,民主刚果 ; 剛果民主共和國,民主剛果
CG 刚果共和国 ; 剛果共和國
CH 瑞士联邦 ; 瑞士聯邦
CN 中华人民共和国 ; 中華人民共和國
CU 古巴共和国 ; 古巴共和國
DE 德意志联邦共和国 ; 德意志聯邦共和國
DO 多米尼加 ; 多明尼加
EG 阿拉伯埃及共和国 ; 阿拉伯埃及共和國
ES 西班牙王国 ; 西班牙王國
FR 法兰西共和国 ; 法蘭西共和國
GB 大不列颠及北爱尔兰联合王国,联合王国 ; 大不列顛及北愛爾蘭聯合王國,聯合王國
HK 香港,香港特区 ; 香港,香港特區
ID 印尼 ; 印度尼西亞
IL 以色列国 ; 以色列國
IN 印度共和国 ; 印度共和國
IR 伊朗伊斯兰共和国 ; 伊朗伊斯蘭共和國
IT 意大利共和国 ; 義大利共和國
JO 约旦哈希姆王国 ; 約旦哈希姆王國
JP 日本国 ; 日本國
KP 朝鲜民主主义人民共和国,北朝鲜 ; 朝鮮,朝鮮民主主義人民共和國,北朝鮮
KR 大韩民国 ; 韓國,大韓民國
KZ 哈萨克斯坦共和国 ; 哈薩克斯坦
LA 老挝人民民主共和国 ; 老撾人民民主共和國
LK 锡兰 ; 錫蘭
MN 蒙古国 ; 蒙古國
MO 澳门,澳门特区 ; 澳門,澳門特區
MM 缅甸联邦共和国 ; 緬甸聯邦共和國
MX 墨西哥合众国 ; 墨西哥合眾國
MY 大马 ; 大馬
NL 荷兰王国 ; 荷蘭王國
NZ 纽西兰 ; 新西蘭
PG 巴新 ; 巴紐
PK 巴基斯坦伊斯兰共和国 ; 巴基斯坦伊斯蘭共和國
PS 巴勒斯坦,巴勒斯坦国 ; 巴勒斯坦,巴勒斯坦國
RU 俄罗斯联邦,俄国 ; 俄羅斯聯邦,俄國
SA 沙特,沙特阿拉伯王国 ; 沙烏地,沙特,沙特阿拉伯
SG 星洲 ; 星洲
SY 阿拉伯叙利亚共和国 ; 阿拉伯敘利亞共和國
TH 泰王国 ; 泰王國
TR 土耳其共和国 ; 土耳其共和國
TT 特多 ; 千里達
TW 中国台湾,台湾地区 ; 中國台灣,臺灣,台灣地區,中華民國
US 美利坚合众国 ; 美利堅合眾國
VA 教廷,圣座 ; 教廷,聖座
VE 委内瑞拉玻利瓦尔共和国 ; 委內瑞拉玻利瓦共和國
VN 越南社会主义共和国 ; 越南社會主義共和國
ZA 南非共和国 ; 南非共和國
"""

# The short form of a country in diplomatic Chinese, as in 中方, 美方, 中俄. By convention it is
# the first character of the name; so the script takes that for every member of the United
# Nations, and these are the exceptions. Many are shared (巴: Pakistan, Brazil, Panama; 新:
# Singapore, New Zealand): a reader decides among the sides of the contact at hand.
ZH_SHORT = {
    "AE": ["阿", "阿联酋", "阿聯"], "AG": ["安巴"], "BA": ["波黑", "波", "波赫"], "CF": ["中非"],
    "FM": ["密"], "GQ": ["赤几", "赤", "赤幾"], "GW": ["几比", "幾比"], "HK": ["港"],
    "ID": ["印尼", "印"], "KN": ["圣基茨", "聖基茨"], "KP": ["朝"], "KR": ["韩", "韓"],
    "LC": ["圣卢", "聖盧", "聖露"], "MK": ["北马", "马", "北馬", "馬"], "MO": ["澳"],
    "NZ": ["新", "紐"], "PG": ["巴新", "巴紐"], "PS": ["巴"], "SM": ["圣马", "聖馬"],
    "SS": ["南苏丹", "南蘇丹"], "ST": ["圣普", "聖普"], "TW": ["台", "臺"],
    "VA": ["梵"], "VC": ["圣文", "聖文"], "XK": ["科"], "ZA": ["南非", "南"],
}


def read_npm(name, npm_dir):
    """The files of one npm package as {path: bytes}."""
    archive = pathlib.Path(npm_dir) / f"{name}-{CLDR_VERSION}.tgz"
    if not archive.exists():
        subprocess.run(["npm", "pack", "--silent", f"{name}@{CLDR_VERSION}"],
                       cwd=npm_dir, check=True, stdout=subprocess.DEVNULL)
    wanted = re.compile(r"package/(main/(en|zh|zh-Hant|zh-Hant-HK)/territories\.json|"
                        r"supplemental/territoryContainment\.json|package\.json)$")
    with tarfile.open(archive) as tar:
        files = {m.name: tar.extractfile(m).read() for m in tar if wanted.match(m.name)}
    assert json.loads(files["package/package.json"])["license"] == "Unicode-3.0"
    return files


def read_countryinfo():
    """{alpha2: [record, ...]} of the PyPI package countryinfo."""
    from importlib.metadata import version
    assert version("countryinfo") == COUNTRYINFO_VERSION, version("countryinfo")
    by_code = {}
    folder = importlib.resources.files("countryinfo") / "data"
    for entry in sorted(folder.iterdir(), key=lambda e: e.name):
        if entry.name.endswith(".json"):
            record = json.loads(entry.read_text(encoding="utf-8"))
            by_code.setdefault(record.get("ISO", {}).get("alpha2"), []).append(record)
    return by_code


def split(field):
    """The parts of a comma-separated field; '~' stands for a comma inside a part."""
    return [part.strip().replace("~", ",") for part in field.split(",") if part.strip()]


def parse_hand():
    rows = {}
    for line in HAND.strip().splitlines():
        code, names, demonyms, capitals = [part.strip() for part in line.split(";")]
        assert code not in rows, code
        replace = capitals.startswith("=")
        rows[code] = (split(names), split(demonyms), split(capitals.lstrip("=")), replace)
    return rows


def parse_zh_more():
    rows = {}
    for line in ZH_MORE.strip().splitlines():
        code, rest = line.split(" ", 1)
        hans, hant = rest.split(";")
        rows[code] = (split(hans), split(hant))
    return rows


def spellings(text):
    """The text, and the ways it is also typed: & or and, St. or Saint, ASCII letters."""
    forms = [text]
    if " & " in text:
        forms.append(text.replace(" & ", " and "))
    for form in list(forms):
        if form.startswith("St. "):
            forms += ["Saint " + form[4:], "St " + form[4:]]
    for form in list(forms):
        straight = form.replace("’", "'")
        if "'" in straight:
            forms += [straight, straight.replace("'", "’")]
        folded = unicodedata.normalize("NFKD", straight)
        folded = "".join(c for c in folded if not unicodedata.combining(c))
        if folded.isascii():
            forms.append(folded)
    return forms


def unique(items):
    return list(dict.fromkeys(item for item in items if item))


def with_plural(demonym):
    if not demonym.endswith("+"):
        return [demonym]
    demonym = demonym[:-1]
    return [demonym, demonym + "s"]


def first_character(name):
    return name[0] if name else ""


def build(npm_dir):
    names_files = read_npm("cldr-localenames-full", npm_dir)
    core_files = read_npm("cldr-core", npm_dir)

    def territories(locale):
        tree = json.loads(names_files[f"package/main/{locale}/territories.json"])
        return tree["main"][locale]["localeDisplayNames"]["territories"]

    en, hans = territories("en"), territories("zh")
    hant, hant_hk = territories("zh-Hant"), territories("zh-Hant-HK")
    containment = json.loads(core_files["package/supplemental/territoryContainment.json"])
    un_members = set(containment["supplemental"]["territoryContainment"]["UN"]["_contains"])
    info, hand, zh_more = read_countryinfo(), parse_hand(), parse_zh_more()

    codes = sorted(c for c in en if re.fullmatch("[A-Z]{2}", c) and c not in NOT_ISO)
    assert len(codes) == 250, len(codes)  # 249 of ISO 3166-1, and XK
    assert len(un_members) == 193, len(un_members)
    assert set(hand) <= set(codes), set(hand) - set(codes)
    assert set(codes) <= set(hand), set(codes) - set(hand)

    rows = []
    for code in codes:
        more_names, more_demonyms, more_capitals, replace = hand[code]
        name = NAME.get(code) or (en.get(f"{code}-alt-short") if code in USE_SHORT_NAME else en[code])
        others = [en[code] if " - " not in en[code] else "", en.get(f"{code}-alt-short"),
                  en.get(f"{code}-alt-variant")]
        records = info.get(code, [])
        for record in records:
            for alias in record.get("altSpellings", []):
                alias = alias.strip()
                if LONG_NAME.match(alias) and not NOT_ENGLISH.search(alias) \
                        and "," not in alias and alias not in DROP_NAMES:
                    others.append(alias)
        others += more_names
        others = [o for o in others if o and "(" not in o and "SAR China" not in o]
        others = unique(form for o in [name] + others for form in spellings(o))
        others = sorted(o for o in others if o != name)

        demonyms = more_demonyms
        if not demonyms and code in un_members:
            demonyms = [d for r in records for d in split(r.get("demonym") or "")]
        demonyms = unique(form for d in demonyms for part in with_plural(d) for form in spellings(part))

        capitals = []
        if not replace:
            for record in records:
                capital = record.get("capital")
                if isinstance(capital, list):
                    capital = capital[0] if capital else None
                capitals.append(capital)
        capitals = unique(form for c in unique(capitals + more_capitals) for form in spellings(c))

        hans_more, hant_more = zh_more.get(code, ([], []))
        zh_hans = unique([hans[code]] + hans_more)
        zh_hant = unique([hant[code], hant_hk[code]] + hant_more)
        if code in ZH_SHORT:
            zh_short = ZH_SHORT[code]
        elif code in un_members:
            zh_short = unique([first_character(hans[code]), first_character(hant[code]),
                               first_character(hant_hk[code])])
        else:
            zh_short = []

        if code in un_members:
            assert demonyms, f"{code}: a member of the United Nations without a demonym"
            assert capitals, f"{code}: a member of the United Nations without a capital"
            assert zh_short and zh_hans and zh_hant, code
        row = [code, name, "|".join(others), "|".join(demonyms), "|".join(capitals),
               "|".join(zh_hans), "|".join(zh_hant), "|".join(zh_short)]
        assert not any("\t" in cell or "\n" in cell for cell in row), code
        rows.append(row)

    claimed = {}
    for row in rows:
        for form in [row[1]] + row[2].split("|"):
            if form and claimed.setdefault(form, row[0]) != row[0]:
                raise AssertionError(f"{form!r} names both {claimed[form]} and {row[0]}")
    return rows


HEADER = f"""\
# Countries and territories: the 249 of ISO 3166-1 and Kosovo (XK), sorted by code.
# Made by make_countries.py; do not edit. Lists are separated by '|'. No persons.
# Origin: names in English and Chinese from Unicode CLDR {CLDR_VERSION} (npm cldr-localenames-full, cldr-core;
# Unicode License v3, Copyright (c) 2004-2026 Unicode, Inc.); capitals and long English names from
# countryinfo {COUNTRYINFO_VERSION} (PyPI; MIT License, Copyright (c) 2018 Porimol Chandro); demonyms, variants and short
# Chinese forms from the hand list in the script.
# Capitals include seats of government. A demonym or a short Chinese form can stand for several
# countries (Dominican, Congolese, 巴); a name stands for one.
# alpha2\tname\tother_names\tdemonyms\tcapitals\tzh_hans\tzh_hant\tzh_short
"""


def main():
    parser = argparse.ArgumentParser(description="Writes countries.tsv.")
    parser.add_argument("--check", action="store_true", help="fail if countries.tsv would change")
    parser.add_argument("--npm-dir", help="folder that holds or receives the npm packages")
    args = parser.parse_args()
    target = pathlib.Path(__file__).parents[2] / "src/pipeline/sides/countries.tsv"
    with tempfile.TemporaryDirectory() as temporary:
        rows = build(args.npm_dir or temporary)
    text = HEADER + "".join("\t".join(row) + "\n" for row in rows)
    if args.check:
        if not target.exists() or target.read_text(encoding="utf-8") != text:
            sys.exit("countries.tsv is not what make_countries.py makes")
        return
    target.write_text(text, encoding="utf-8")
    print(f"{len(rows)} rows")


if __name__ == "__main__":
    main()
