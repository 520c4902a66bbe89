"""The labels of entity models, as our four types.

They come from OntoNotes (English, Chinese), from the Slavic and Nordic corpora, from
WikiNER, and from Sekine's extended hierarchy (Japanese).  Dates, numbers, titles and
things without a name are in none of the four.
"""

from __future__ import annotations

from collections.abc import Mapping

from transforms.vocabulary import EntityType

_LABELS = {
    EntityType.PER: "PER PERSON PRS persName PERSON_NAME Person",
    EntityType.ORG: (
        "ORG ORGANIZATION orgName Cabinet Company Company_Group Corporation_Other "
        "Government International_Organization Military Newspaper Organization_Other "
        "Political_Organization_Other Political_Party Pro_Sports_Organization "
        "Public_Institution Research_Institute School Show_Organization Sports_League "
        "Sports_Organization_Other"
    ),
    EntityType.LOC: (
        "LOC GPE FAC LOCATION GPE_LOC GPE_ORG placeName geogName Airport Bay Bridge "
        "Canal City Continental_Region Country County Domestic_Region Facility_Other "
        "GPE_Other Geological_Region_Other Island Lake Location_Other Mountain Park Port "
        "Province Railroad Region_Other River Road Sea Spa Station Tunnel Worship_Place"
    ),
    EntityType.MISC: (
        "MISC NORP EVENT PRODUCT WORK_OF_ART LAW EVT PROD Award Book "
        "Broadcast_Program Conference Ethnic_Group_Other Event_Other Incident_Other Law "
        "Movie Music Nationality National_Language Natural_Disaster Occasion_Other Plan "
        "Product_Other Religion Religious_Festival Ship Treaty War"
    ),
}
TYPES: Mapping[str, EntityType] = {
    label: kind for kind, labels in _LABELS.items() for label in labels.split()
}
"""Type by label; labels that are missing here are not used."""
