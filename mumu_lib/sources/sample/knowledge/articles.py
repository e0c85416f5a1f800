"""List the articles, categories and redirects of the sample's knowledge base.

Reviews of more than one genre mention each place and instrument, and half of the categories are not about music.
"""

# title | categories
TABLE = """
Los Angeles | Cities in California | Port cities | Film industry | Pop music scenes
Stockholm | Capitals in Europe | Port cities | Pop music scenes
Eurovision Song Contest | Song contests | Pop music events | Television shows
Las Vegas | Cities in Nevada | Casinos | Entertainment venues | Crooner venues
Broadway theatre | Theatre | Entertainment venues | Show tunes
Tuxedo | Tuxedos | Formal wear | Crooner fashion
Nashville | Cities in Tennessee | Country music scenes | Record production centres
Vancouver | Cities in Canada | Port cities
Piano | Pianos | Keyboard instruments | Chordophones | Western classical music instruments
Cello | Cellos | Bowed string instruments | Western classical music instruments
Trumpet | Trumpets | Brass instruments | Jazz instruments
Saxophone | Saxophones | Woodwind instruments | Jazz instruments
Harmonica | Harmonicas | Free reed instruments | Blues instruments
Banjo | Banjos | Plucked string instruments | Bluegrass music instruments | Country music instruments
Acoustic guitar | Acoustic guitars | Plucked string instruments | Folk music instruments
Electric guitar | Electric guitars | Plucked string instruments | Rock music instruments | Heavy metal music instruments
Hammond organ | Electric organs | Keyboard instruments | Rhythm and blues music instruments | Rock music instruments
Synthesizer | Synthesizers | Electronic music instruments | Keyboard instruments
Drum machine | Drum machines | Electronic music instruments | Hip hop production
Turntable | Turntables | Audio equipment | Hip hop production | Disc jockeys
Tin whistle | Whistles | Celtic music instruments | Woodwind instruments
Fiddle | Fiddles | Bowed string instruments | Folk music instruments | Bluegrass music instruments
Skateboard | Skateboards | Boards with wheels | Punk fashion
London | Capitals in Europe | Cities in England | Port cities
Birmingham | Cities in England | Heavy metal music scenes | Industrial cities
Manchester | Cities in England | Indie music scenes | Industrial cities
Newport, Rhode Island | Cities in Rhode Island | Port cities | Folk music festivals | Jazz festivals
Newport, Wales | Cities in Wales | Port cities
California | States of the United States | Surf culture
Portland, Oregon | Cities in Oregon | Indie music scenes
Portland, Maine | Cities in Maine | Port cities | Lobster fishing
New York | Cities in New York | Port cities | Jazz music scenes | Punk music scenes
Washington, D.C. | Capitals in North America | Planned cities | Hardcore punk music scenes
Washington, Oregon | Ghost towns in Oregon
Tampa | Cities in Florida | Port cities | Death metal music scenes
Gothenburg | Cities in Sweden | Port cities | Death metal music scenes | Industrial cities
Chicago | Cities in Illinois | Blues music scenes | Jazz music scenes
New Orleans | Cities in Louisiana | Port cities | Jazz music scenes
Harlem | Neighborhoods in New York | Jazz music scenes | African American culture
Mississippi | States of the United States | Blues music scenes
Kentucky | States of the United States | Bluegrass music scenes | Horse racing
Brooklyn | Neighborhoods in New York | Hip hop music scenes
The Bronx | Neighborhoods in New York | Hip hop music scenes | Baseball
Detroit | Cities in Michigan | Soul music scenes | Techno music scenes | Industrial cities
Memphis, Tennessee | Cities in Tennessee | Soul music scenes | Blues music scenes
Memphis, Egypt | Ancient cities | Former capitals
Berlin | Capitals in Europe | Techno music scenes
Jamaica | Island countries | Countries in the Caribbean | Reggae
Kingston, Jamaica | Capitals in the Caribbean | Port cities | Reggae music scenes
Kingston, Ontario | Cities in Canada | University towns
Caribbean Sea | Seas | Geography of the Caribbean
Dublin | Capitals in Europe | Celtic music scenes | Port cities
Scotland | Countries in Europe | Celtic nations
Vienna | Capitals in Europe | Western classical music scenes
Salzburg | Cities in Austria | Western classical music scenes | Music festivals
Bebop | Jazz genres | Virtuosity
Big band | Big bands | Jazz ensembles
Bluegrass music | Country music genres | Music of Kentucky
Celtic music | Celtic nations | Folk music genres
Chamber music | Western classical music styles
Dancehall | Reggae genres | Music of Jamaica
Death metal | Heavy metal genres | Music of Florida
Dub music | Reggae genres | Music of Jamaica
House music | Electronic dance music genres | Music of Chicago
Techno | Techno | Electronic dance music genres | Music of Detroit
Ambient music | Electronic music genres
Soul music | Rhythm and blues music genres | Soul music scenes
Soul | Souls | Metaphysics | Religious concepts
Soul (fish) | Flatfish | Fish of Europe
Trance music | Electronic dance music genres
Trance | Trances | Hypnosis
Orchestra | Orchestras | Western classical music ensembles
Quartet | Quartets | Musical groups by size
Gospel music | Christian music genres | African American culture
Ska | Ska | Reggae genres
Harp | Harps | Plucked string instruments | Celtic music instruments
Oregon | States of the United States
Maine | States of the United States
Tennessee | States of the United States
Rhode Island | States of the United States
Wales | Countries in Europe | Celtic nations
Egypt | Countries in Africa
Ontario | Provinces of Canada
The Old Orchard | Pubs in England
Music | Musics | Performing arts
Help | Social concepts
The The | Words without meaning
Album | Albums | Audio storage
Lobster | Lobsters | Seafood
Horse | Horses | Mammals
Glacier | Glaciers | Ice
Tea | Teas | Drinks
"""
# redirect > title
ALIASES = """
Eurovision > Eurovision Song Contest
Broadway > Broadway Theatre District
Broadway Theatre District > Broadway theatre
Bronx > The Bronx
New York City > New York
NYC > New York
L.A. > Los Angeles
Vegas > Las Vegas
D.C. > Washington, D.C.
Nashville, Tennessee > Nashville
Tampa, Florida > Tampa
Göteborg > Gothenburg
Wien > Vienna
Drumcomputer > Drum machine
Pennywhistle > Tin whistle
Synth > Synthesizer
Soul (music) > Soul music
Dub (music) > Dub music
House (music) > House music
Trance (music) > Trance music
Washington (state) > Washington, Oregon
Trumpets > Trumpet
Turtledove > Pigeon bird
Pigeon bird > Turtledove
Ouroboros > Ouroboros
Umbrella > A page that nobody wrote
"""


def _articles(table: str) -> dict[str, list[str]]:
    """Return the categories of each article."""
    articles = {}
    for line in table.strip().splitlines():
        title, *categories = line.split(" | ")
        articles[title] = categories
    return articles


def _redirects(table: str) -> list[tuple[str, str]]:
    """Return pairs of a redirect and its title."""
    redirects = []
    for line in table.strip().splitlines():
        alias, title = line.split(" > ")
        redirects.append((alias, title))
    return redirects


ARTICLES = _articles(TABLE)
REDIRECTS = _redirects(ALIASES)
