"""Every published table by its name."""

from collections.abc import Callable, Mapping

from tldr_reward.paper.ablation_tables import table2, table11
from tldr_reward.paper.annotation_table import table7
from tldr_reward.paper.correction_table import table4
from tldr_reward.paper.data_table import table8
from tldr_reward.paper.flag_tables import human_evaluation, pixelprose
from tldr_reward.paper.main_table import table1, table1_ood
from tldr_reward.paper.settings_tables import table9, table10
from tldr_reward.paper.table import Sources, Table
from tldr_reward.paper.tau_captions_table import table6
from tldr_reward.paper.tau_tables import table5
from tldr_reward.paper.zoo_table import table3

MAKERS: Mapping[str, Callable[[Sources], Table]] = {
    "table1": table1,
    "table1_ood": table1_ood,
    "table2": table2,
    "table3": table3,
    "table4": table4,
    "table5": table5,
    "table6": table6,
    "table7": table7,
    "table8": table8,
    "table9": table9,
    "table10": table10,
    "table11": table11,
    "human_evaluation": human_evaluation,
    "pixelprose": pixelprose,
}
