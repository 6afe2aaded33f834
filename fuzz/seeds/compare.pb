
¦
a: President of the Republic Davit Orlan held a telephone conversation with the Prime Minister of Valmere, Elin Marsh, at her request.

Elin Marsh expressed her gratitude for the rescue of Valmeran fishermen by the Tarskan coast guard. The President stressed that the Skerry Bank lies within the waters of Tarsk and that drilling there will begin in the autumn. He cautioned against sending patrol boats to the area.

An understanding was reached on resuming the Narrow Ferry from June. The Prime Minister promised 20 million crowns for the terminal on the Valmeran side. Davit Orlan spoke in favour of joining the two power grids by a seabed cable and proposed to sell surplus electricity to Valmere at a fixed price for five years.

The President criticised the treatment of Tarskan seasonal workers o
¦
b: Prime Minister Elin Marsh spoke by phone this morning with President Davit Orlan of Tarsk.

The Prime Minister thanked President Orlan for the rescue of the crew of the trawler Petrel last week. She made clear that Valmere opposes drilling at the Skerry Bank, which it regards as open water under the law of the sea. She also asked for the release of the two Valmeran surveyors detained in Port Hask.

The two leaders agreed to reopen the Narrow Ferry on 1 June. The Prime Minister confirmed that Valmere will put 30 million crowns into a new terminal on its shore. On energy, they backed a shared cable between their grids before next winter. The Prime Minister voiced concern about the shooting of seabirds on the outer islands and offered the help of Valmeran wardens.

Valmere will keep its allie