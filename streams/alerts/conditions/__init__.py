"""When alerts open and close. Each condition is a query over data that is stored anyway."""
