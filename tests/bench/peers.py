"""kcat against our daemon and the same kcat against Apache Kafka."""


def run(table, options):
    """kcat against streamlogd and against Apache Kafka, where it can be had"""
    table.head("the same kcat, against us and against Apache Kafka")
    table.skip("kcat", "to come")
