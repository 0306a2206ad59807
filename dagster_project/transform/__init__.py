"""dbt in this process, and what is told of the tables it builds."""
